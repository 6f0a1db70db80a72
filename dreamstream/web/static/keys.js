// Shortcuts of one key, which nobody sets off who believes to be typing a word into the box.

const ALONE = 400; // ms without another key after which a letter is a shortcut and not the beginning of a word
const AFTER = 4000; // ms after a text field had the focus in which no letter is a shortcut

// letters: what each letter does when it is pressed alone. marks: what each other key does at once; no word begins with one.
export function onKeys(letters, marks) {
  let timer = 0;
  let last = -Infinity; // when a key that may belong to a word was pressed
  let left = -Infinity; // when a text field lost the focus
  addEventListener("focusout", (event) => {
    if (event.target.matches?.("input")) left = performance.now();
  });
  addEventListener("keydown", (event) => {
    clearTimeout(timer);
    if (event.target.closest("input, dialog") || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const { key } = event;
    if (Object.hasOwn(marks, key)) {
      marks[key]();
      event.preventDefault();
    } else if (key.length === 1) {
      const now = performance.now();
      const word = now - last < ALONE;
      last = now;
      if (word || now - left < AFTER || !Object.hasOwn(letters, key)) return;
      timer = setTimeout(letters[key], ALONE);
      event.preventDefault();
    }
  });
}
