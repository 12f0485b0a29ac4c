/** A table of prices, as `--help` shows it. */
export const priceExample =
  '{"currency":"EUR","core":20,"memoryGibibyte":2.5,"diskGibibyte":0.09,"objectGibibyte":0.02}';
