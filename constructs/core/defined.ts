/** An object's type without the fields that are `undefined`: those that may be are optional. */
export type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The fields that have a value, so that props can be passed on without asking for each whether it is there. */
export function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** Fields that follow from a value, or none where there is no value: so that whoever passes it on need not ask. */
export function whereGiven<T, Fields extends object>(
  value: T | undefined,
  fields: (value: T) => Fields,
): Fields | Partial<Record<keyof Fields, never>> {
  return value === undefined ? {} : fields(value);
}
