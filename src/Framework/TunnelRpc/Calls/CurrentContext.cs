namespace TunnelRpc.Calls;

/// <summary>
/// Posts to a context of the application, and is the current context while the work runs, unless the other context sets itself. Not every
/// context does, and awaits return only to a context that is current. Thread-safe if the other context is.
/// </summary>
internal sealed class CurrentContext(SynchronizationContext inner) : SynchronizationContext
{
    /// <summary>The context of the application.</summary>
    public SynchronizationContext Inner => inner;

    public override void Post(SendOrPostCallback d, object? state) => inner.Post(Run, (d, state));

    public override void Send(SendOrPostCallback d, object? state) => inner.Send(Run, (d, state));

    public override SynchronizationContext CreateCopy() => this;

    private void Run(object? posted)
    {
        (SendOrPostCallback work, object? state) = ((SendOrPostCallback, object?))posted!;
        if (Current is not null)
        {
            work(state);
            return;
        }

        SetSynchronizationContext(this);
        try
        {
            work(state);
        }
        finally
        {
            SetSynchronizationContext(null);
        }
    }
}
