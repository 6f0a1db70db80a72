"""Everything the bot says, in German. Names of classes and commands stay as they are typed."""

from __future__ import annotations

from collections.abc import Mapping

from dreamstream.chat.phrases.english import Language

PHRASES: Mapping[str, str] = {
    "next": "{what} kommt als Nächstes, in {wait}.",
    "soon": "{what} kommt als Nächstes.",
    "waiting": "{what} kommt als {place}, in {wait}.",
    "merged": "{what} war schon gewünscht; du bist jetzt dabei: als {place}, in {wait}.",
    "merged_now": "{what} läuft gerade und gehört jetzt auch dir.",
    "too_many": "Höchstens {most} Dinge teilen sich ein Bild; den Rest lasse ich weg.",
    "weights": "Gewichte gehen von {low} bis {high}.",
    "unknown": "Das kenne ich nicht. Versuch {near}.",
    "kind": "So etwas kann ich in dieser Show nicht träumen.",
    "unknown_plain": "Das kenne ich nicht. !classes sagt, was ich träumen kann.",
    "busy": "Gerade reden zu viele mit mir; sag es gleich noch einmal.",
    "full": "Die Schlange ist voll; versuch es in {wait} wieder.",
    "limit": "Von dir wartet schon genug; der nächste Wunsch kommt in {wait}.",
    "cooldown": "Kleine Pause, frag in {wait} wieder.",
    "class_cooldown": "Das lief gerade erst; versuch es in {wait} wieder.",
    "already": "Das hast du dir schon gewünscht.",
    "refunded": "Deine Punkte kommen zurück.",
    "blocked_class": "Das wird hier nicht geträumt.",
    "not_allowed": "Das ist für {role}.",
    "not_told": "Das ist für {role}, und hier sehe ich nicht, wer dazugehört.",
    "role_everyone": "alle",
    "role_follower": "Follower",
    "role_subscriber": "Abonnenten",
    "role_vip": "VIPs",
    "role_moderator": "Moderatoren",
    "role_broadcaster": "die Person, die sendet",
    "now_idle": "{what}, meine eigene Idee. Wünsch dir etwas mit !dream.",
    "now": "{what}, für {who}.",
    "queue_empty": "Niemand wartet. Wünsch dir etwas mit !dream bee oder !dream bee + pizza.",
    "queue": "{count} warten: {items}.",
    "queue_one": "1 wartet: {items}.",
    "queue_more": "{count} warten: {items} und {more} mehr.",
    "position": "{items}.",
    "position_item": "{what} kommt als {place}, in {wait}",
    "position_none": "Von dir wartet nichts. Wünsch dir etwas mit !dream bee.",
    "undream": "{what} ist zurückgenommen.",
    "undream_none": "Von dir wartet nichts.",
    "draw": "Zeichne auf der Seite der Show: der Stift neben dem Feld. !undraw nimmt es zurück.",
    "draw_held": "Danke. Es kommt, sobald es jemand von der Moderation gesehen hat.",
    "undraw": "Die Zeichnung ist weg.",
    "undraw_none_drawn": "Von dir gibt es keine Zeichnung.",
    "undraw_gone": "Diese Zeichnung ist nicht mehr da.",
    "name": "Das heißt jetzt {what}: !dream {what}.",
    "name_form": "Ein Name ist ein Wort aus 2 bis 12 Buchstaben und Ziffern, wie !name taco.",
    "name_blocked": "So kann hier nichts heißen.",
    "name_taken": "{what} bedeutet schon etwas; nimm einen anderen Namen.",
    "name_enough": "Du hast schon {most} Namen vergeben; nimm erst einen mit !forget zurück.",
    "name_full": "Alle Namen sind in Gebrauch; versuch es später wieder.",
    "name_nothing": "Noch läuft nichts, das einen Namen haben könnte.",
    "forget": "{what} ist vergessen.",
    "forget_none": "So einen Namen von dir gibt es nicht.",
    "vote": "{votes} von {needed} Stimmen zum Überspringen.",
    "vote_done": "Abgestimmt: Es kommt etwas Neues.",
    "classes": "Ich kann {count} Dinge träumen, zum Beispiel {items}.",
    "classes_found": "Ich kann {items} träumen.",
    "classes_none": "So etwas kann ich nicht träumen.",
    "help": "!dream bee · !dream bee + pizza - dog · !dream pizza left + volcano right · !dream random · !queue · !now",
    "help_points": "!dream {name} c · !mix a b .3 · !calc a - b + c · !at a b c d .2 .5 · !corners a b c d · "
    "!dream random 7 · !name taco · !queue",
    "help_moderator": "!skip · !clear · !pause · !resume · !promote NAME · !remove NAME · !block NAME oder KLASSE · "
    "!unblock · !limit 2 · !hold 30 · !zoom 1.05 · !preset NAME",
    "skip": "{what} ist übersprungen.",
    "clear": "Wünsche vergessen: {count}.",
    "clear_none": "Niemand hat gewartet.",
    "pause": "Angehalten. Mit !resume geht es weiter.",
    "pause_already": "Es ist schon angehalten. Mit !resume geht es weiter.",
    "resume": "Es geht weiter.",
    "resume_already": "Es ist nicht angehalten.",
    "promote": "{what} kommt als Nächstes.",
    "no_such": "Zu {what} wartet nichts.",
    "remove": "Wünsche zu {what} entfernt: {count}.",
    "block": "{what} ist gesperrt.",
    "unblock": "{what} ist nicht mehr gesperrt.",
    "not_blocked": "{what} war nicht gesperrt.",
    "no_object": "Sag, wen oder was, etwa !block NAME.",
    "limit_set": "Wartende Wünsche für jeden: {count}.",
    "hold_set": "Jeder Wunsch bleibt so lange: {wait}.",
    "number": "Sag eine Zahl von {low} bis {high}.",
    "control_none": "Das lässt sich in dieser Show nicht ändern.",
    "control_set": "{name} ist jetzt {value}.",
    "preset_set": "Der Stil wird {name}; das dauert einen Moment.",
    "preset_now": "Der Stil ist schon {name}.",
    "preset_unknown": "Es gibt {items}.",
}


def ordinal(number: int) -> str:
    """1., 2., 3. ..."""
    return f"{number}."


def duration(seconds: float) -> str:
    """A time as people say it after "in": "Kürze", "20 s", "etwa 2 min"."""
    if seconds < 3:
        return "Kürze"
    if seconds < 90:
        return f"{5 * max(1, round(seconds / 5))} s"
    return f"etwa {round(seconds / 60)} min"


GERMAN = Language("de", PHRASES, ordinal, duration, "oder", "und")
