"""The picture of a block: lanes from who, over an identity and a workgroup, to what it reaches.

Drawn twice, for wide and for narrow screens; the style sheet shows one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from athena_gate.gate.report.flow import Lane, Node
from athena_gate.gate.report.markup import Markup, element
from athena_gate.gate.report.parts import deeds, strongest

# Pixels, at a font size of 13. No text is measured: a letter of a sans-serif font is taken to be
# 8 wide, one of a monospaced font 7.9: those of DejaVu, which are wide.
_SANS, _MONO = 8.0, 7.9
_BOLD = 1.1
_LINE, _PADDING = 18, 12
_COLUMNS = ((0, 204), (242, 198), (478, 186), (702, 298))
_WIDTH, _NARROW, _GUTTER = 1000, 340, 38
_GAP, _FRAME, _HEAD = 16, 24, 40
# How far left of the first column a link comes down.
_MARGIN = 16
# What a box is found by: what makes its node the same; or the node itself and the number of its
# lane for who is at the start of one, where somebody may be twice, on two conditions.
_Key = tuple[str, str, str] | tuple[Node, int]


@dataclass(frozen=True, slots=True)
class _Box:
    node: Node
    lines: tuple[tuple[str, str], ...]
    x: float
    y: float
    width: float
    # Where its lane begins.
    lane: float = 0

    @property
    def height(self) -> float:
        return _height(self.lines)

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    def drawn(self) -> Markup:
        top = self.y + _PADDING + _LINE - 5
        return element(
            "g",
            element("rect", x=self.x, y=self.y, width=self.width, height=self.height, rx=6),
            [
                element(
                    "text",
                    # What is asked of whoever comes may hold any word.
                    text if style != "note" or self.node.words else deeds(text, "tspan"),
                    x=self.x + _PADDING,
                    y=top + place * _LINE,
                    class_=style,
                )
                for place, (text, style) in enumerate(self.lines)
            ],
            class_=f"box {self.node.kind}",
        )


def _height(lines: Sequence[object]) -> float:
    return 2 * _PADDING + _LINE * len(lines) - 6


def _lines(node: Node, width: float) -> tuple[tuple[str, str], ...]:
    room = width - 2 * _PADDING
    return (
        *((text, "what") for text in cut(node.title, int(room / _SANS))),
        *((text, "name") for text in cut(node.name, int(room / _MONO))),
        *((text, "note") for note in node.notes for text in cut(note, int(room / _SANS))),
    )


def cut(text: str, room: int) -> list[str]:
    """Return ``text`` as lines of at most ``room`` letters, cut at spaces or behind separators."""
    lines = []
    while len(text) > room:
        at = text.rfind(" ", 0, room + 1)
        if at <= 0:
            at = max(text.rfind(mark, 0, room) for mark in "/:-_.,=") + 1 or room
        lines.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*lines, text]


def wide(lanes: Sequence[Lane], accounts: Mapping[str, str], name: str) -> Markup:
    """Return the picture for wide screens and paper, as SVG.

    ``accounts`` are the titles of the accounts by their id; ``name`` tells the picture's ids from
    those of others on the page.
    """
    drawing = _Drawing()
    reached = _homes(lanes)
    for account in dict.fromkeys(lane.identity.account for lane in lanes):
        inside = [(n, lane) for n, lane in enumerate(lanes) if lane.identity.account == account]
        if len(inside) < len(lanes):
            # Next to the other account, to which their links go.
            inside.sort(key=lambda one: one[1].workgroup is not None)
        drawing.account(
            accounts.get(account, account), [(n, lane, reached.get(n, [])) for n, lane in inside]
        )
    drawing.links(lanes)
    return drawing.svg(f"{name}-wide")


def _homes(lanes: Sequence[Lane]) -> dict[int, list[Node]]:
    """Return what is drawn at the end of each lane, by its number: each thing once, in its own
    account where a lane is there, with the name of the identity beside the way it is reached where
    there are several. What also is at the start of a lane is left out."""
    ways: dict[tuple[str, str, str], list[tuple[int, Node]]] = {}
    for number, lane in enumerate(lanes):
        for node in lane.reached:
            ways.setdefault(node.key, []).append((number, node))
    homes: dict[int, list[Node]] = {}
    for key, found in ways.items():
        if any(key == who.key for lane in lanes for who in lane.who):
            continue
        candidates = [*(number for number, _ in found), *range(len(lanes))]
        own = (n for n in candidates if lanes[n].identity.account == key[2])
        node = found[0][1]
        if len(found) > 1:
            notes = [f"{lanes[n].identity.name}: {note}" for n, one in found for note in one.notes]
            node = replace(node, notes=tuple(notes))
        homes.setdefault(next(own, candidates[0]), []).append(node)
    return homes


class _Drawing:
    """Boxes stand in columns, and links run where none is and no title: in the gutters between
    columns, in the gaps between lanes, and left of the first column."""

    def __init__(self) -> None:
        self._boxes: dict[_Key, _Box] = {}
        self._links: list[tuple[str, str]] = []
        self._frames: list[Markup] = []
        self._titles: list[Markup] = []
        self._bottom = 0.0

    def account(self, title: str, lanes: Sequence[tuple[int, Lane, Sequence[Node]]]) -> None:
        """Draw an account with ``lanes``, each with its number and what stands at its end."""
        inside = any(
            who.account == lane.identity.account for _, lane, _ in lanes for who in lane.who
        )
        left, room = _COLUMNS[0 if inside else 1]
        top = self._bottom
        # No wider than a column: a link from another account comes down in the gutter beside it.
        lines = cut(title, int(room / (_SANS * _BOLD)))
        self._titles += [
            element("text", line, x=left, y=top + 22 + n * _LINE, class_="owner")
            for n, line in enumerate(lines)
        ]
        self._bottom += _HEAD + _LINE * (len(lines) - 1)
        for number, lane, reached in lanes:
            self._lane(number, lane, reached)
        size = {"width": _WIDTH + _FRAME - left + _FRAME, "height": self._bottom - top}
        self._frames.append(
            element(
                "g",
                element("rect", x=left - _FRAME, y=top, **size, rx=10),
                class_="account",
            )
        )
        self._bottom += _GAP

    def _lane(self, number: int, lane: Lane, reached: Sequence[Node]) -> None:
        columns = (lane.who, (lane.identity,), (lane.workgroup,) if lane.workgroup else (), reached)
        sized = [
            [(node, _lines(node, width)) for node in nodes]
            for nodes, (_, width) in zip(columns, _COLUMNS, strict=True)
        ]
        heights = [sum(_height(lines) + _GAP for _, lines in column) for column in sized]
        for place, (column, height) in enumerate(zip(sized, heights, strict=True)):
            x, width = _COLUMNS[place]
            y = self._bottom + (max(heights) - height) / 2
            for node, lines in column:
                box = _Box(node, lines, x, y, width, self._bottom)
                if place == 0:
                    self._boxes[node, number] = box
                self._boxes[node.key] = box
                y += box.height + _GAP
        self._bottom += max(heights)

    def links(self, lanes: Sequence[Lane]) -> None:
        for number, lane in enumerate(lanes):
            start = lane.workgroup or lane.identity
            for one in lane.who:
                self._link((one, number), lane.identity.key)
            if lane.workgroup:
                self._link(lane.identity.key, lane.workgroup.key)
            for node in lane.reached:
                self._link(start.key, node.key, strongest(node.notes))

    def _link(self, start: _Key, end: _Key, style: str = "") -> None:
        a, b = self._boxes[start], self._boxes[end]
        x1, y1, x2, y2 = a.x + a.width, a.middle, b.x, b.middle
        if x2 > x1:
            # Past a column without a box the way is straight, so that it crosses none of another
            # lane.
            turn = max(x1, x2 - _GUTTER)
            half = (x2 - turn) / 2
            path = f"M{x1} {y1}H{turn}C{turn + half} {y1} {x2 - half} {y2} {x2 - 2} {y2}"
        else:
            # Back to somebody in the first column: down or up in the gutter, along above the lane,
            # and in from the left, past those who stand above.
            gutter, above = x1 + _GUTTER / 2, b.lane - _GAP / 2
            path = f"M{x1} {y1}H{gutter}V{above}H{x2 - _MARGIN}V{y2}H{x2 - 2}"
        self._links.append((path, style))

    def svg(self, name: str) -> Markup:
        return _svg(
            name,
            (-_FRAME - 1, -1, _WIDTH + 2 * _FRAME + 2, self._bottom - _GAP + 2),
            self._frames,
            self._links,
            [*self._titles, *(box.drawn() for box in dict.fromkeys(self._boxes.values()))],
        )


def narrow(lanes: Sequence[Lane], accounts: Mapping[str, str], name: str) -> Markup:
    """Return the picture for narrow screens, as SVG: ``wide``, from top to bottom."""
    frames, links, boxes = [], [], []
    y, rail = 0.0, 14.0
    for lane in lanes:
        account = lane.identity.account
        title = cut(accounts.get(account, account), int(_NARROW / (_SANS * _BOLD)))
        frames += [
            element("text", line, x=0, y=y + 16 + n * _LINE, class_="owner")
            for n, line in enumerate(title)
        ]
        y += _LINE * len(title) + 10
        above: _Box | None = None
        for node in (*lane.who, lane.identity, lane.workgroup):
            if node is None:
                continue
            box = _Box(node, _lines(node, _NARROW), 0, y, _NARROW)
            if above and node not in lane.who:
                links.append((f"M{rail} {above.y + above.height}V{y - 2}", ""))
            boxes.append(box.drawn())
            above, y = box, y + box.height + (_GAP if node not in lane.who[:-1] else 6)
        assert above is not None
        for node in lane.reached:
            away = node.account and node.account != account
            notes = (*node.notes, f"in account {node.account}") if away else node.notes
            shown = Node(node.kind, node.title, node.name, node.account, notes)
            box = _Box(shown, _lines(shown, _NARROW - 34), 34, y, _NARROW - 34)
            start = above.y + above.height
            links.append((f"M{rail} {start}V{box.middle}H{box.x - 2}", strongest(node.notes)))
            boxes.append(box.drawn())
            y += box.height + 8
        y += _GAP
    return _svg(f"{name}-narrow", (-2, 0, _NARROW + 4, y - _GAP), frames, links, boxes)


def _svg(
    name: str,
    view: tuple[float, float, float, float],
    frames: Sequence[Markup],
    links: Sequence[tuple[str, str]],
    boxes: Sequence[Markup],
) -> Markup:
    styles = dict.fromkeys(style for _, style in links)
    return element(
        "svg",
        element("defs", [_arrow(name, style) for style in styles]),
        frames,
        # What is more than reading above what is not.
        [
            element(
                "path",
                d=path,
                class_=f"link {style}".strip(),
                marker_end=f"url(#{_arrow_id(name, style)})",
            )
            for path, style in sorted(links, key=lambda one: _ORDER.index(one[1]))
        ],
        boxes,
        viewBox=" ".join(f"{number:g}" for number in view),
        # The same is said in words below the picture.
        aria_hidden="true",
        class_=name.rpartition("-")[2],
    )


_ORDER = ("", "writes", "deletes")


def _arrow_id(name: str, style: str) -> str:
    return f"arrow-{name}" + (f"-{style}" if style else "")


def _arrow(name: str, style: str) -> Markup:
    return element(
        "marker",
        element("path", d="M0 0L10 5L0 10z"),
        id=_arrow_id(name, style),
        # As large on a thick line as on a thin one.
        markerUnits="userSpaceOnUse",
        markerWidth=10,
        markerHeight=10,
        refX=9,
        refY=5,
        orient="auto",
        class_=f"head {style}".strip(),
    )
