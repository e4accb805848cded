/** `DULY_LONG=1 npm test` runs the complete generated tests and every browser test. CI runs a part of them. */
export const isLong = process.env.DULY_LONG === '1';
