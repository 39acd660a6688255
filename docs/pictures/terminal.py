"""Runs commands at a terminal of its own and draws what it shows as an SVG.

    terminal.py PICTURE.svg FOLDER "archiver sync --demo" …

The commands run in FOLDER, one after the other. The picture plays them once, faster than they were,
and stays at their end. Whoever wants no motion, or has a viewer without it, sees the end alone.
Needs pyte, which understands what programs write to terminals.
"""

import fcntl
import html
import os
import pty
import re
import select
import struct
import sys
import termios
import time
import unicodedata

import pyte

COLUMNS, ROWS = 92, 60
# Of a cell, in the picture's own units.
WIDTH, HEIGHT, SIZE = 9.0, 21.0, 15.0
LEFT, TOP = 22.0, 52.0
# How long the commands take in the picture, and how often it changes.
TYPING, RUNNING, READING, FRAME = 0.35, 1.5, 0.25, 0.07

EIGHTHS = {chr(0x2590 - n): n / 8 for n in range(1, 9)}  # ▏ to █


class Recorder:
    """Which lines were to be seen, and when, in the picture's time."""

    def __init__(self):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.now = 0.0
        self.current = {}
        self.shown = []

    def look(self):
        for row, line in enumerate(self.screen.display):
            line = line.rstrip()
            text, since = self.current.get(row, ("", 0.0))
            if line != text:
                if text and self.now > since:
                    self.shown.append((row, text, since, self.now))
                self.current[row] = (line, self.now)

    def write(self, text):
        self.stream.feed(text.encode())

    def run(self, command, folder):
        self.write("\r\n$ " if self.current else "$ ")
        self.look()
        for letter in command:
            self.write(letter)
            self.now += TYPING / len(command)
        self.look()
        self.write("\r\n")
        chunks, seconds = listen(command, folder)
        shown_for = min(seconds, RUNNING)
        begin, next_look = self.now, 0.0
        for at, data in chunks:
            at = at / seconds * shown_for
            if at >= next_look:
                self.look()
                next_look = at + FRAME
            self.stream.feed(data)
            self.now = begin + at
        self.now = begin + shown_for
        self.look()
        self.now += READING

    def end(self):
        """The lines at the end, and those before them."""
        last = [(row, text, since) for row, (text, since) in self.current.items() if text]
        return sorted(last), self.shown


def listen(command, folder):
    """What the command writes to a terminal, with seconds since its begin, and how long it took."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.environ["TERM"] = "xterm-256color"
        os.environ["LC_ALL"] = "C.UTF-8"
        words = command.split()
        os.execvp(words[0], words)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    begin, chunks = time.monotonic(), []
    while True:
        select.select([terminal], [], [])
        try:
            data = os.read(terminal, 65536)
        except OSError:  # How a terminal says that nobody writes any more.
            data = b""
        if not data:
            break
        chunks.append((time.monotonic() - begin, data))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 0:
        sys.exit(f"{command} ended with {status}")
    return chunks, max(time.monotonic() - begin, 0.01)


def is_apart(letter):
    """Written from right to left: among others it would be put elsewhere."""
    return unicodedata.bidirectional(letter or " ") in ("R", "AL")


def pieces(line):
    """Runs of text, each with its first column; bars are left out."""
    begin, run = 0, ""
    for column, letter in enumerate(line + " "):
        new = column == len(line) or letter in EIGHTHS or letter == "░"
        if run and not new:
            gap = letter == " " and run.endswith(" ")
            new = gap or letter != " " and is_apart(letter) != is_apart(run.rstrip()[-1:])
        if new:
            if run.strip():
                blank = len(run) - len(run.lstrip())
                yield begin + blank, run.strip()
            begin, run = column, ""
            if column == len(line) or letter in EIGHTHS or letter == "░":
                begin = column + 1
                continue
        run += letter


def bars(line):
    """Bars as (column, cells, whether it is the empty part), neighbours joined."""
    column = 0
    while column < len(line):
        if line[column] in EIGHTHS:
            begin, cells = column, 0.0
            while column < len(line) and line[column] in EIGHTHS:
                cells += EIGHTHS[line[column]]
                column += 1
            yield begin, cells, False
            if column < len(line) and line[column] == "░":
                rest = begin + cells
                while column < len(line) and line[column] == "░":
                    column += 1
                yield rest, column - rest, True
        else:
            column += 1


def tone(line):
    if line.startswith("$ "):
        return "c"
    if line.startswith("✓"):
        return "g"
    if line.startswith("  next:") or re.match("    [^ ]", line):
        return "q"
    return "t"


def drawn(row, line):
    out = []
    top = TOP + row * HEIGHT
    for column, cells, is_empty in bars(line):
        x, width = LEFT + column * WIDTH, cells * WIDTH
        kind = "e" if is_empty else "b"
        out.append(
            f'<rect class="{kind}" x="{x:.1f}" y="{top + 3:.1f}" width="{width:.1f}" height="{HEIGHT - 7:.0f}"/>'
        )
    for column, text in pieces(line):
        x, kind = LEFT + column * WIDTH, tone(line)
        if text.startswith("$ "):
            out.append(letters(x, top, "p", "$"))
            x, text = x + 2 * WIDTH, text[2:]
        out.append(letters(x, top, kind, text))
    return "".join(out)


def letters(x, top, kind, text):
    length = len(text) * WIDTH
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{top + 15:.1f}" textLength="{length:.1f}"'
        f' lengthAdjust="spacingAndGlyphs">{html.escape(text, quote=False)}</text>'
    )


def picture(last, before, commands):
    rows = last[-1][0] + 1
    width = LEFT * 2 + COLUMNS * WIDTH
    height = TOP + rows * HEIGHT + 18
    said = html.escape("A terminal: " + "; ".join(commands))
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}"'
        f' role="img" aria-label="{said}">',
        "<style>",
        f"text{{font:{SIZE:.0f}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        "white-space:pre}",
        ".t{fill:#d5dae1}.c{fill:#fff;font-weight:600}.p{fill:#e0555f;font-weight:600}"
        ".g{fill:#8fd19e}.q{fill:#8d97a5}.b{fill:#d9434f}.e{fill:#343b46}.s{visibility:hidden}",
        "@keyframes later{from{visibility:hidden}to{visibility:hidden}}",
        "@keyframes now{from{visibility:visible}to{visibility:visible}}",
        "@media (prefers-reduced-motion:no-preference){"
        ".f{animation:later var(--t)}.s{animation:now var(--t) var(--d)}}",
        "</style>",
        f'<rect width="{width:.0f}" height="{height:.0f}" rx="10" fill="#171b21"/>',
    ]
    for number, colour in enumerate(["#ed6a5e", "#f4bf4f", "#61c554"]):
        out.append(f'<circle cx="{26 + number * 20}" cy="24" r="6" fill="{colour}"/>')
    for row, text, since in last:
        out.append(f'<g class="f" style="--t:{since:.2f}s">{drawn(row, text)}</g>')
    for row, text, since, until in before:
        style = f"--t:{until - since:.2f}s;--d:{since:.2f}s"
        out.append(f'<g class="s" style="{style}">{drawn(row, text)}</g>')
    out.append("</svg>\n")
    return "\n".join(out)


def main():
    target, folder, *commands = sys.argv[1:]
    recorder = Recorder()
    for command in commands:
        recorder.run(command, folder)
    with open(target, "w", encoding="utf-8") as file:
        file.write(picture(*recorder.end(), commands))


main()
