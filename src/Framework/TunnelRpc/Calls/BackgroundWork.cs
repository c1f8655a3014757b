namespace TunnelRpc.Calls;

/// <summary>Work of the application that a peer runs outside of calls: the disposal of objects that it passed by reference.</summary>
/// <param name="peer">The peer, the close of which waits for the work.</param>
internal sealed class BackgroundWork(TunnelPeer peer)
{
    private const int Detached = 1;
    private const int Ended = 2;

    private static readonly AsyncLocal<BackgroundWork?> Ambient = new();

    // Changed atomically: 0 while the work runs, then Detached or Ended, or first Detached and then Ended.
    private int _state;

    /// <summary>The work that the current asynchronous control flow belongs to; null for none.</summary>
    public static BackgroundWork? Current
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    public TunnelPeer Peer => peer;

    /// <summary>The close of the session does not wait for the work any more. True for the first call while the work runs.</summary>
    public bool TryDetach() => Interlocked.CompareExchange(ref _state, Detached, 0) == 0;

    /// <summary>The work has ended. Called once. Returns whether it was detached.</summary>
    public bool OnEnded() => Interlocked.Exchange(ref _state, Ended) == Detached;
}
