import type { GridPos } from '@grafana/grafana-foundation-sdk/dashboard';

/** Columns of Grafana's grid; a unit of height is 30 pixels. */
export const gridColumns = 24;

/** How large something is on the grid. */
export interface Extent {
  readonly width: number;
  readonly height: number;
}

/**
 * Places of panels below each other and, as long as there is room, beside each other. Lines are as high as what is highest in them.
 *
 * @param top where the first line begins
 */
export function placed(
  extents: readonly Extent[],
  top: number,
): { readonly places: readonly GridPos[]; readonly bottom: number } {
  const places: GridPos[] = [];
  let [x, y, lineHeight] = [0, top, 0];
  for (const { width, height } of extents) {
    if (x + width > gridColumns) [x, y, lineHeight] = [0, y + lineHeight, 0];
    places.push({ x, y, w: width, h: height });
    x += width;
    lineHeight = Math.max(lineHeight, height);
  }
  return { places, bottom: y + lineHeight };
}
