/** Bounds what is under way, by number and by bytes. One caller waits at a time. */
export class InFlight {
  #works = 0;
  #bytes = 0;
  #wake: () => void = () => undefined;

  constructor(
    private readonly mostWorks: number,
    private readonly mostBytes: number,
  ) {}

  /** Begins the work once there is room for it. @param work must not reject */
  async begin(bytes: number, work: () => Promise<void>): Promise<void> {
    await this.#until(() => this.#works < this.mostWorks && this.#bytes < this.mostBytes);
    this.#works += 1;
    this.#bytes += bytes;
    void work().finally(() => {
      this.#works -= 1;
      this.#bytes -= bytes;
      this.#wake();
    });
  }

  /** Fulfilled when nothing is under way. */
  drained(): Promise<void> {
    return this.#until(() => this.#works === 0);
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
