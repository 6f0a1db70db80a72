// Where this server's websockets are: relative to the page, so that it also works behind a proxy under a path prefix.

export function socketAt(path) {
  const url = new URL(path, document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}
