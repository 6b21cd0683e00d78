// What is wrong with the page as it stands: a list of sentences, empty where nothing is.
(() => {
  const wrong = [];
  const root = document.documentElement;
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : e.className.length ? "." + e.className : "");
  const words = (e) => JSON.stringify((e.textContent || "").trim().slice(0, 40));

  // Sideways.
  if (root.scrollWidth > root.clientWidth) {
    wrong.push(`sideways: the page is ${root.scrollWidth} px wide in a window of ${root.clientWidth}`);
  }
  for (const e of document.querySelectorAll("body *")) {
    const box = e.getBoundingClientRect();
    const within = e.closest("svg");
    if (box.width > 0 && (box.right > root.clientWidth + 1 || box.left < -1) && (!within || within === e || e.tagName === "text")) {
      wrong.push(`sideways: ${name(e)} ${words(e)} reaches from ${box.left.toFixed(0)} to ${box.right.toFixed(0)} of ${root.clientWidth} px`);
    }
  }

  // Pictures.
  for (const figure of document.querySelectorAll("figure")) {
    if (!figure.querySelector("h2") || !figure.querySelector("figcaption").textContent.trim()) {
      wrong.push(`picture: ${name(figure)} has no heading or no caption`);
    }
  }
  for (const svg of document.querySelectorAll("figure svg")) {
    const box = svg.getBoundingClientRect();
    if (box.width < 60 || box.height < 10) {
      wrong.push(`picture: an svg of ${name(svg.closest("figure"))} is ${box.width.toFixed(0)} x ${box.height.toFixed(0)} px`);
    }
  }

  // Contrast (WCAG 2, 1.4.3 and 1.4.11).
  const channels = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const of = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * of(r) + 0.7152 * of(g) + 0.0722 * of(b);
  };
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const paint = channels(getComputedStyle(at).backgroundColor);
      if (paint.length === 3 || paint[3] > 0) return paint;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
  };
  const contrast = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let texts = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.textContent.trim() || e.closest("title, style, script") || !e.getClientRects().length) continue;
    texts += 1;
    const style = getComputedStyle(e);
    const ink = channels(e.closest("svg") ? style.fill : style.color);
    const found = contrast(ink, behind(e));
    if (found < 4.5) wrong.push(`contrast: ${name(e)} ${words(e)} has ${found.toFixed(2)}, expected 4.5`);
    const size = parseFloat(style.fontSize);
    if (size < 10) wrong.push(`small: ${name(e)} ${words(e)} has letters of ${size} px`);
  }
  const rects = new Map();
  for (const rect of document.querySelectorAll("figure rect")) rects.set(rect.getAttribute("class"), rect);
  for (const [kind, rect] of rects) {
    const found = contrast(channels(getComputedStyle(rect).fill), behind(rect.parentElement));
    if (found < 2.5) wrong.push(`contrast: marks of ${kind} have ${found.toFixed(2)}, expected 2.5`);
  }
  return { wrong, texts, height: root.scrollHeight, dark: matchMedia("(prefers-color-scheme: dark)").matches, width: root.clientWidth };
})()
