export const secondsPerDay = 86_400;
export const mebibyte = 2 ** 20;
export const gibibyte = 2 ** 30;
