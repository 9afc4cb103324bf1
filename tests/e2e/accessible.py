"""What every page is checked for: axe-core's rules, room for a finger, and no scrolling sideways."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

WIDTHS = ((320, 640), (360, 640), (740, 360), (1280, 800))
AXE = Axe()
CONTROLS = "button, a[href], select, summary, textarea, input"
SMALL = f"""() => [...document.querySelectorAll("{CONTROLS}")]
    .filter((each) => each.checkVisibility() && getComputedStyle(each).display !== "inline")
    .map((each) => [each, (each.type === "checkbox" && each.labels?.[0] || each).getBoundingClientRect()])
    .filter(([, {{width, height}}]) => width && (width < 43.9 || height < 43.9))
    .map(([each, {{width, height}}]) => `${{width}} x ${{height}}: ${{each.outerHTML.slice(0, 90)}}`)"""
WIDE = """() => {
    const scrolls = (each) =>
        each && (/auto|scroll/.test(getComputedStyle(each).overflowX) || scrolls(each.parentElement));
    return [...document.querySelectorAll("body *")]
        .filter((each) => each.getClientRects().length && each.getBoundingClientRect().right > innerWidth + 1)
        .filter((each) => !scrolls(each.parentElement))
        .map((each) => each.outerHTML.slice(0, 80));
}"""

SPILT = """() => [...document.querySelectorAll("button, a.elsewhere, select, dt, th")]
    .filter((each) => each.checkVisibility())
    .filter((each) => {
        const words = document.createRange();
        words.selectNodeContents(each);
        const [inner, outer] = [words.getBoundingClientRect(), each.getBoundingClientRect()];
        return inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1);
    })
    .map((each) => `words outside: ${each.outerHTML.slice(0, 90)}`)"""  # beyond what they belong to


async def violations(page: Page) -> list[str]:
    """The rules of axe-core that the page breaks as it's shown now, and where."""
    found = (await AXE.run(page)).response["violations"]
    return [f"{each['id']}: {each['help']}: {[node['html'] for node in each['nodes']]}" for each in found]


async def check(page: Page, *, fingers: bool = True) -> None:
    """Raises AssertionError. fingers: whether what's pressed needs room for one."""
    small = await page.evaluate(SMALL) if fingers else []
    found = [*await violations(page), *small, *await room(page)]
    assert not found, "\n".join(found)


async def room(page: Page) -> list[str]:
    """What's wider than the page, and words wider than their control, as it's shown now."""
    return [*await page.evaluate(WIDE), *await page.evaluate(SPILT)]


async def check_all(page: Page) -> None:
    """Check the page at every width, dark and light."""
    for width, height in WIDTHS:
        await page.set_viewport_size({"width": width, "height": height})
        for colours in ("dark", "light"):
            await page.emulate_media(color_scheme=colours, reduced_motion="reduce")
            await check(page)
