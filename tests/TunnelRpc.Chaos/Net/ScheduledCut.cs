namespace TunnelRpc.Chaos.Net;

/// <summary>A scheduled cut, at a byte of one direction, of all connections that were open when it was scheduled. Thread-safe.</summary>
/// <param name="kind">The kind of the cut.</param>
/// <param name="up">Whether the bytes to the server are counted; otherwise those to the client.</param>
/// <param name="afterBytes">The number of bytes that pass before the cut.</param>
/// <param name="connections">The connections to cut.</param>
/// <param name="onDone">Called once, before the first connection is cut.</param>
internal sealed class ScheduledCut(
    CutKind kind, bool up, long afterBytes, IReadOnlyCollection<RelayedConnection> connections, Action<CutKind> onDone)
{
    private long _remaining = afterBytes;
    private int _done;

    /// <summary>Whether there is no connection to cut.</summary>
    public bool IsEmpty => connections.Count == 0;

    /// <summary>
    /// Returns how many of the next <paramref name="bytes"/> bytes pass. If fewer, the caller calls <see cref="Execute"/> after them.
    /// </summary>
    public int Pass(bool isUp, int bytes) =>
        isUp == up ? (int)Math.Clamp(Interlocked.Add(ref _remaining, -bytes) + bytes, 0, bytes) : bytes;

    /// <summary>Cuts the connections, on the first call only.</summary>
    public void Execute()
    {
        if (Interlocked.Exchange(ref _done, 1) != 0)
        {
            return;
        }

        onDone(kind);
        foreach (RelayedConnection connection in connections)
        {
            connection.Break(kind);
        }
    }
}
