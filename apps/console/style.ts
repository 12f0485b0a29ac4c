/** Colours are checked for contrast: text at least 4.5, controls at least 3, on every surface they are used on. */
export const styleSheet = `:root {
  color-scheme: light dark;
  --page: #fbfbfa; --surface: #fff; --sunken: #f0f1ef; --text: #1b1f23; --muted: #57606a; --control: #80878f;
  --accent: #0b5cad; --bad: #b3261e; --warn: #8a5300; --ok: #1a6b3c; --before: #5f6b7a; --now: #b4490f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171a; --surface: #1b1f24; --sunken: #101215; --text: #e6e9ec; --muted: #a3adb8; --control: #727c87;
    --accent: #7cb7f5; --bad: #ff9389; --warn: #f0b95b; --ok: #76cf98; --before: #93a0b0; --now: #ff9e64;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
a { color: var(--accent); }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; background: var(--surface); padding: 8px; }
.bar { padding: 12px 24px; border-bottom: 1px solid var(--sunken); background: var(--surface); }
.brand { font-weight: 600; text-decoration: none; color: var(--text); }
main { max-width: 1080px; margin: 0 auto; padding: 24px; }
h1 { font-size: 28px; line-height: 1.25; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 20px; margin: 24px 0 8px; overflow-wrap: anywhere; }
.muted, .crumbs { color: var(--muted); font-size: 14px; margin: 4px 0; }
.empty { padding: 32px; text-align: center; background: var(--surface); border-radius: 8px; }
.tag { display: inline-block; padding: 0 8px; border: 1px solid currentColor; border-radius: 4px; font-size: 14px; vertical-align: middle; }
.critical, .high { color: var(--bad); } .low { color: var(--warn); } .resolved { color: var(--ok); }
.cause { background: var(--surface); border-left: 4px solid var(--now); border-radius: 4px; padding: 12px 24px; margin: 16px 0; }
.cause h2 { margin-top: 4px; }
figure { display: flex; gap: 16px; align-items: center; margin: 8px 0; }
figcaption { overflow-wrap: anywhere; }
.strip { flex: none; background: var(--sunken); border-radius: 4px; }
.axis { stroke: var(--control); }
.before { fill: none; stroke: var(--before); stroke-dasharray: 3 2; }
.median { stroke: var(--before); stroke-width: 2; }
.now { fill: var(--now); }
.path { font-size: 16px; }
.actions a { display: inline-block; margin-right: 16px; }
.causes li { margin-bottom: 8px; }
.scroll { overflow-x: auto; }
.list { width: 100%; border-collapse: collapse; background: var(--surface); font-size: 14px; }
.list th { text-align: left; color: var(--muted); font-weight: 600; }
.list th, .list td { padding: 8px 12px; border-bottom: 1px solid var(--sunken); vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.id { font-family: ui-monospace, monospace; font-size: 13px; overflow-wrap: anywhere; }
.feedback { background: var(--surface); border-radius: 4px; padding: 12px 24px; margin: 16px 0; }
.feedback h2 { margin-top: 4px; }
.feedback fieldset { border: 1px solid var(--control); border-radius: 4px; margin: 12px 0; padding: 8px 12px; }
.feedback fieldset label { display: block; padding: 4px 0; }
.field { display: flex; flex-wrap: wrap; gap: 4px 12px; margin: 8px 0; align-items: baseline; }
.field label { flex: 0 0 14em; }
.field input, .field select, .field textarea { flex: 1 1 16em; min-width: 0; max-width: 32em; }
input, select, textarea, button { font: inherit; color: inherit; background: var(--surface); border: 1px solid var(--control); border-radius: 4px; padding: 4px 8px; }
input[type='radio'] { accent-color: var(--accent); }
button { cursor: pointer; padding: 4px 12px; max-width: 100%; overflow-wrap: anywhere; }
button.main { background: var(--accent); color: var(--page); border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.buttons { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: baseline; margin: 12px 0 8px; }
.feedback form { margin: 0 0 8px; }
.said { padding-left: 20px; overflow-wrap: anywhere; }
.note { white-space: pre-wrap; margin: 4px 0; padding-left: 12px; border-left: 2px solid var(--control); }
.problem { color: var(--bad); border: 1px solid currentColor; border-radius: 4px; padding: 8px 12px; }
@media (max-width: 600px) { .feedback { padding: 12px; } main { padding: 12px; } figure { display: block; } .cause { padding: 12px; } }
`;
