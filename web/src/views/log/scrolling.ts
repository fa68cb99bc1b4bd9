// The wheel and a finger move what the page itself does not scroll.

/**
 * Lets an element be scrolled: scroll moves by pixels, page is the height of a screen. What
 * it returns ends that.
 */
export function scrolling(on: HTMLElement, scroll: (px: number) => void, page: () => number): () => void {
  const wheel = (e: WheelEvent) => {
    if (e.ctrlKey) return;
    e.preventDefault(); // the page does not scroll, too
    scroll(e.deltaY * (e.deltaMode === 1 ? 22 : e.deltaMode === 2 ? page() : 1));
  };
  const finger = new Finger(scroll);
  const until = new AbortController();
  const { signal } = until;
  on.addEventListener('wheel', wheel, { passive: false, signal });
  on.addEventListener('touchstart', (e) => finger.start(e), { passive: true, signal });
  on.addEventListener('touchmove', (e) => finger.move(e), { passive: true, signal });
  on.addEventListener('touchend', () => finger.end(), { signal });
  return () => until.abort();
}

/** A finger that drags; what it dragged runs on when it lets go. */
class Finger {
  private y = 0;
  private at = 0; // ms
  private speed = 0; // pixels a ms
  private glide = 0; // the frame that is asked for

  constructor(private readonly scroll: (px: number) => void) {}

  start(e: TouchEvent): void {
    cancelAnimationFrame(this.glide);
    this.y = e.touches[0]!.clientY;
    this.at = e.timeStamp;
    this.speed = 0;
  }

  move(e: TouchEvent): void {
    const y = e.touches[0]!.clientY;
    this.speed = (this.y - y) / Math.max(1, e.timeStamp - this.at);
    this.scroll(this.y - y);
    this.y = y;
    this.at = e.timeStamp;
  }

  end(): void {
    let last = performance.now();
    const glide = (now: number) => {
      this.scroll(this.speed * (now - last));
      this.speed *= Math.exp((last - now) / 325);
      last = now;
      if (Math.abs(this.speed) > 0.02) this.glide = requestAnimationFrame(glide);
    };
    if (Math.abs(this.speed) > 0.1) this.glide = requestAnimationFrame(glide);
  }
}
