/**
 * How numbers of a field are written. What they are in is told by the field's number: `field` whole numbers, `field + 16` thousandths
 * (of which profiles are made, see `condense`), `field + 32` doubles. So counts of a window take a byte or two, and fractions lose nothing.
 */
export const forms = { whole: 0, thousandths: 16, doubles: 32 } as const;
export type Form = (typeof forms)[keyof typeof forms];
