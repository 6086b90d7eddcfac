/** Sends one request after the other; `id` is that of what was made, where something was made over HTTP. */
export interface Sending {
  send(): Promise<{ readonly id?: string }>;
  end(): Promise<void>;
}
