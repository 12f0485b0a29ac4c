/** Puts numbers into an order that follows from `random`, in place. */
export function shuffle(numbers: Uint32Array, random: () => number): void {
  for (let left = numbers.length; left > 1; left -= 1) {
    const chosen = Math.floor(random() * left);
    const last = numbers[left - 1] ?? 0;
    numbers[left - 1] = numbers[chosen] ?? 0;
    numbers[chosen] = last;
  }
}
