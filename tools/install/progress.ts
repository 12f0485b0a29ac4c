import type { Tool } from './tool';

const nameWidth = 18;
const versionWidth = 30;

/** One line a tool: rewritten every second on a terminal, printed at start and end elsewhere. */
export class Progress {
  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly now: () => number = () => performance.now(),
  ) {}

  present(tool: Tool): void {
    this.out.write(`${label(tool)} already installed\n`);
  }

  /** Shows a tool as being installed until the returned function is called with the outcome. */
  begin(tool: Tool): (outcome: string) => void {
    const startedAt = this.now();
    const elapsed = () => `${Math.round((this.now() - startedAt) / 1000)} s`;
    const working = `installing, about ${tool.estimate} from scratch`;
    if (!this.out.isTTY) {
      this.out.write(`${label(tool)} ${working}\n`);
      return (outcome) => this.out.write(`${label(tool)} ${outcome} in ${elapsed()}\n`);
    }
    const draw = (text: string) => this.out.write(`\r\u001b[K${label(tool)} ${text}`);
    draw(working);
    const timer = setInterval(() => draw(`${working}: ${elapsed()}`), 1000);
    return (outcome) => {
      clearInterval(timer);
      draw(`${outcome} in ${elapsed()}\n`);
    };
  }
}

function label(tool: Tool): string {
  return tool.name.padEnd(nameWidth) + tool.version.padEnd(versionWidth);
}
