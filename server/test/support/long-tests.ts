/** `DULY_LONG=1 npm test`: generated tests with all that they have, browsers in every form. CI runs a part of it. */
export const isLong = process.env.DULY_LONG === '1';
