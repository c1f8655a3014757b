using System.Buffers;
using TunnelRpc.Accounting;

namespace TunnelRpc.Sessions;

/// <summary>
/// What a session has to write, and in which order: due control records, the bytes of the session stream, CLOSE behind them.
/// No I/O, no lock: the session's gate guards every member.
/// </summary>
internal sealed class SessionOutput(MemoryAccount memory)
{
    private const int MaxDataRecord = 256 << 10;

    private bool _closeHanded;

    public SendBuffer Buffer { get; } = new(memory);

    public ControlRecords Control { get; } = new();

    /// <summary>The CLOSE that ends the session's output; null while there is none. The first one counts.</summary>
    public CloseMessage? Close { get; private set; }

    public void RequestClose(CloseMessage close) => Close ??= close;

    /// <summary>Composes the next write; false when there is nothing to write. Its bytes are read until <see cref="OnWritten"/>.</summary>
    /// <param name="received">How much of the peer's stream has come.</param>
    /// <param name="batch">What to write.</param>
    /// <param name="isTraffic">Whether there is anything else in it than a PING.</param>
    public bool TryCompose(long received, out ReadOnlySequence<byte> batch, out bool isTraffic)
    {
        isTraffic = Control.Compose(received);
        int count = (int)Math.Min(Buffer.Unsent, MaxDataRecord);
        if (count > 0)
        {
            isTraffic = true;
            batch = Buffer.Take(Control.HeadWithData(count), count);
            return true;
        }

        if (Close is not null && !_closeHanded)
        {
            _closeHanded = true;
            batch = Control.HeadWithClose(Close);
            return true;
        }

        ReadOnlyMemory<byte> head = Control.Head();
        batch = new ReadOnlySequence<byte>(head);
        return !head.IsEmpty;
    }

    /// <summary>What was composed last is with the network. True when CLOSE is, too.</summary>
    public bool OnWritten()
    {
        Buffer.Complete();
        return _closeHanded;
    }

    /// <summary>
    /// The session goes on on another path, where nothing is written yet: what the peer has not acknowledged is sent again, behind a START
    /// that says where it begins.
    /// </summary>
    /// <exception cref="TunnelProtocolException">The peer acknowledged what was never sent; the output is as good as before.</exception>
    public void OnMoved(ulong acknowledged)
    {
        Buffer.Acknowledge(acknowledged);
        Buffer.Rewind();
        Control.OnMoved(Buffer.Acked);
        _closeHanded = false;
    }
}
