/* Draws <div class="plot" data-chart="id of a JSON script"> with ECharts. (The theme's own script
   takes every element of the class "chart" for a canvas.)
   The library is loaded only when a page has a chart. In an option, a formatter written as "@yuan"
   (value in yuan), "@fen" (in fen), "@percent" (a ratio), "@integer" or "@decimal" becomes a function.
   A click on a mark follows its address: `link` of the data item, or the entry of `links` at its
   place. The words of the element say to screen readers what the chart shows; the table below it
   has every figure. */
"use strict";

(() => {
  const library = document.currentScript.dataset.echarts;
  const money = new Intl.NumberFormat("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const decimal = new Intl.NumberFormat("zh-CN", { maximumFractionDigits: 2 });
  const small = new Intl.NumberFormat("zh-CN", { maximumSignificantDigits: 2 });
  const round = new Intl.NumberFormat("zh-CN", { maximumFractionDigits: 0 });
  const yuan = (value) => {
    const size = Math.abs(value);
    return `${value < 0 ? "-" : ""}¥${size >= 1000 ? round.format(size) : money.format(size)}`;
  };
  /* Labels beside marks are given the mark, axes and tooltips the value. */
  const valueOf = (given) => (given !== null && typeof given === "object" && "value" in given ? given.value : given);
  const numeric = (show) => (given) => {
    const value = valueOf(given);
    return value === null || value === undefined || Number.isNaN(Number(value)) ? "–" : show(Number(value));
  };
  const FORMATTERS = {
    "@yuan": numeric(yuan),
    "@fen": numeric((value) => yuan(value / 100)),
    // One decimal; shares under 0.1 % keep more, so that an axis of them is not all zeros.
    "@percent": numeric((value) => {
      const percent = value * 100;
      return `${Number(percent.toFixed(Math.abs(percent) < 0.1 ? 3 : 1))}%`;
    }),
    "@integer": numeric((value) => round.format(value)),
    // Below a tenth two decimals would write several marks of an axis alike.
    "@decimal": numeric((value) => (Math.abs(value) < 0.1 ? small : decimal).format(value)),
  };

  const withFunctions = (node) => {
    if (Array.isArray(node)) return node.map(withFunctions);
    if (node === null || typeof node !== "object") return FORMATTERS[node] || node;
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withFunctions(value)]));
  };

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const isDark = () => document.documentElement.classList.contains("dark");
  const PALETTE = {
    light: ["#047857", "#2563ab", "#c27803", "#9b3fa3", "#b42318", "#0e7490", "#5d6b79"],
    dark: ["#34d399", "#7fb3ff", "#f5c25b", "#d79be0", "#ff9c92", "#67d5e8", "#9aa7b5"],
  };

  /* Patterns of bars, light on the colours of both themes: told apart in print and in grey. */
  const LIGHT = "rgba(255, 255, 255, .5)";
  const DECALS = [
    { symbol: "none" },
    { color: LIGHT, dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4 },
    { color: LIGHT, symbol: "circle", dashArrayX: [[8, 8], [0, 8, 8, 0]], dashArrayY: [6, 0], symbolSize: 0.7 },
    { color: LIGHT, dashArrayX: [1, 0], dashArrayY: [4, 3], rotation: Math.PI / 4 },
    { color: LIGHT, dashArrayX: [1, 0], dashArrayY: [2, 6], rotation: 0 },
    { color: LIGHT, symbol: "triangle", dashArrayX: [[9, 9], [0, 9, 9, 0]], dashArrayY: [7, 2], symbolSize: 0.75 },
    { color: LIGHT, dashArrayX: [1, 0], dashArrayY: [2, 6], rotation: Math.PI / 2 },
  ];

  const axes = (option, name) =>
    (Array.isArray(option[name]) ? option[name] : option[name] ? [option[name]] : []).map((axis) => ({
      ...axis,
      axisLine: { lineStyle: { color: token("--line-strong") }, ...axis.axisLine },
      axisLabel: { color: token("--ink-faint"), hideOverlap: true, ...axis.axisLabel },
      nameTextStyle: { color: token("--ink-faint"), ...axis.nameTextStyle },
      splitLine: { lineStyle: { color: token("--line") }, ...axis.splitLine },
    }));

  const dressed = (given, words) => {
    const { links, ...option } = withFunctions(given);
    const text = { color: token("--ink-soft"), fontFamily: token("--font") };
    const result = {
      color: PALETTE[isDark() ? "dark" : "light"],
      darkMode: isDark(),
      animationDuration: 300,
      ...option,
      /* Its own words: those the library would make up are no figure anybody needs. */
      aria: {
        enabled: true,
        label: { description: words },
        decal: { ...(option.aria || {}).decal, decals: DECALS },
      },
      backgroundColor: "transparent",
      textStyle: { ...text, ...option.textStyle },
    };
    if (option.legend) {
      result.legend = { textStyle: { color: text.color }, type: "scroll", top: 0, ...option.legend };
    }
    result.tooltip = {
      backgroundColor: token("--surface"), borderColor: token("--line"),
      textStyle: { color: token("--ink") }, confine: true, ...option.tooltip,
    };
    if (option.xAxis || option.yAxis) {
      // Figures written beside bars need room at the end.
      const labelled = [option.series].flat().some((series) => series && series.label && series.label.show);
      result.grid = option.grid || { left: 8, right: labelled ? 48 : 16, top: option.legend ? 40 : 16, bottom: 8, containLabel: true };
      result.xAxis = axes(option, "xAxis");
      result.yAxis = axes(option, "yAxis");
    }
    return result;
  };

  const draw = (element) => {
    const source = document.getElementById(element.dataset.chart);
    if (!source || !element.clientWidth) return;
    const chart = window.echarts.getInstanceByDom(element) || window.echarts.init(element);
    const given = JSON.parse(source.textContent);
    element.dataset.words = element.dataset.words || element.getAttribute("aria-label") || "";
    chart.setOption(dressed(given, element.dataset.words), true);
    chart.off("click");
    chart.on("click", ({ data, dataIndex, componentType }) => {
      const link = componentType === "series" && ((data && data.link) || (given.links || [])[dataIndex]);
      if (link) window.location.assign(link);
    });
  };

  /* A hidden tab or a layout not yet done has no width: the observer draws when there is one. */
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (!target.clientWidth || !window.echarts) continue;
      const chart = window.echarts.getInstanceByDom(target);
      if (chart) chart.resize(); else draw(target);
    }
  });

  let loading = null;
  const load = () => {
    loading = loading || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = library;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    return loading;
  };

  const start = async (root) => {
    const elements = [...root.querySelectorAll("[data-chart]")];
    if (!elements.length) return;
    await load();
    elements.forEach((element) => { draw(element); sizes.observe(element); });
  };

  const redraw = () => document.querySelectorAll("[data-chart]").forEach((element) => {
    if (window.echarts) draw(element);
  });

  document.addEventListener("DOMContentLoaded", () => start(document));
  document.addEventListener("htmx:afterSettle", (event) => start(event.detail.elt.parentNode || document));
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["class"] });
})();
