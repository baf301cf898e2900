/**
 * A page that fails is replaced by a message; the others go on.
 */

import { Component, type ComponentChildren } from "preact";

interface State {
  readonly message: string | null;
}

/** Shows what is in it, or why that cannot be. */
export class Boundary extends Component<{ children: ComponentChildren }, State> {
  override state: State = { message: null };

  static override getDerivedStateFromError(cause: unknown): State {
    return { message: String(cause) };
  }

  override render() {
    if (this.state.message === null) return this.props.children;
    return (
      <section class="page">
        <div class="state is-failure" role="alert">
          <p>This page failed, which is our mistake: {this.state.message}</p>
          <button type="button" class="button" onClick={() => this.setState({ message: null })}>
            Show it again
          </button>
        </div>
      </section>
    );
  }
}
