"""The picture of the house: `python -m tests.picture` draws `docs/house.svg` from the import contracts.

Each floor is a line of the contract, each box a module of `clinic/`; imports run downwards. A room
with a contract of its own shows its rooms, from the top down.
"""

import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "house.svg"
WIDTH, MARGIN, GAP = 1000, 20, 8
NAME, CHIP, LETTER = 40, 24, 6.3  # heights of a box's name and of a line in it; width of a letter
FLOORS = {  # what a floor is for, by a module on it
    "app": "start",
    "cli": "commands, errors",
    "demo": "an invented city",
    "home": "pages, by role",
    "care": "what each child is due",
    "vaccination": "services, a folder each",
    "booking": "choose, hold, confirm",
    "services": "what a service says",
    "questionnaires": "what families are asked",
    "notices": "messages (to come)",
    "visits": "who is here today",
    "scheduling": "one scheduler for all",
    "centres": "places and staff",
    "families": "children, guardians",
    "accounts": "sign-in, who may what",
    "audit": "the trail, events",
    "web": "answers",
    "fields": "forms",
    "addresses": "ids in addresses",
    "i18n": "languages, secrets",
    "extensions": "settings",
    "hosts": "names of the site",
    "db": "one transaction a deed",
    "outside": "what comes from outside",
    "amounts": "units and amounts",
    "plain": "text made plain",
    "sqlite": "SQLite's turns",
    "clock": "the ground",
}
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #23303a }
.floor { font-size: 11px; fill: #5d6b76 }
.small { font-size: 11px }
.box { fill: #fff; stroke: #9db2bf }
.chip { fill: #eef4f1; stroke: none }
.back { fill: #f7f5f0 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6ecef } .floor { fill: #9fb0bb } .back { fill: #1b2227 }
  .box { fill: #252e35; stroke: #50626f } .chip { fill: #2f3b43 }
}
"""


def contracts():
    """The layers of the house, and those inside a room, by the package that has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found = settings["tool"]["importlinter"]["contracts"]
    return {
        contract["containers"][0]: [
            [name.strip() for name in layer.replace(":", "|").split("|")]
            for layer in contract["layers"]
        ]
        for contract in found
        if contract["type"] == "layers"
    }


def box(name, x, y, width, height, inside):
    """A room: its name, and a line for each layer inside it."""
    yield f'<rect class="box" rx="6" x="{x:.0f}" y="{y}" width="{width:.0f}" height="{height}"/>'
    middle = y + 25 if inside else y + height // 2 + 5
    yield f'<text x="{x + width / 2:.0f}" y="{middle}" text-anchor="middle">{escape(name)}</text>'
    for number, layer in enumerate(inside):
        top = y + NAME + number * CHIP
        yield (
            f'<rect class="chip" rx="4" x="{x + 8:.0f}" y="{top}" '
            f'width="{width - 16:.0f}" height="{CHIP - 4}"/>'
        )
        yield (
            f'<text class="small" x="{x + width / 2:.0f}" y="{top + 14}" text-anchor="middle">'
            f"{escape(' · '.join(layer))}</text>"
        )


def widths(layer, inside, room):
    """How wide each box of a floor is: as what is written in it, and all of them fill the floor."""
    needs = [
        max(len(text) for text in [name, *(" · ".join(line) for line in inside(name))]) * LETTER
        + 24
        for name in layer
    ]
    spare = (room - GAP * (len(layer) - 1) - sum(needs)) / len(layer)
    return [need + spare for need in needs]


def draw():
    """The whole picture, as SVG."""
    house = contracts()

    def inside(name):
        return house.get(f"clinic.{name}", [])

    parts, y = [], MARGIN
    for layer in house["clinic"]:
        title = next((FLOORS[name] for name in layer if name in FLOORS), "")
        height = NAME + max(len(inside(name)) * CHIP + (6 if inside(name) else 0) for name in layer)
        parts.append(f'<text class="floor" x="{MARGIN}" y="{y + 24}">{escape(title)}</text>')
        x = MARGIN + 170
        for name, width in zip(layer, widths(layer, inside, WIDTH - MARGIN - x), strict=True):
            parts += box(name, x, y, width, height, inside(name))
            x += width + GAP
        y += height + GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + MARGIN}" role="img">\n'
        f"<title>The rooms of clinic/, floor by floor; imports run downwards</title>\n"
        f"<style>{STYLE}</style>\n"
        f'<rect class="back" width="{WIDTH}" height="{y + MARGIN}"/>'
    )
    return "\n".join([head, *parts, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(draw())
