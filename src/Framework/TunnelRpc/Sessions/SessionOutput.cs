using System.Buffers;
using TunnelRpc.Accounting;

namespace TunnelRpc.Sessions;

/// <summary>
/// What a session has to write, and in which order: due control records, the bytes of the session stream, CLOSE behind them.
/// No I/O, no lock: the session's gate guards every member.
/// </summary>
internal sealed class SessionOutput(MemoryAccount memory)
{
    private const int MaxDataRecordPayload = 256 << 10;

    private bool _isCloseComposed;

    public SendBuffer SendBuffer { get; } = new(memory);

    public ControlRecords ControlRecords { get; } = new();

    /// <summary>The CLOSE that ends the session's output; null while there is none. The first one counts.</summary>
    public CloseMessage? CloseRequest { get; private set; }

    public void RequestClose(CloseMessage close) => CloseRequest ??= close;

    /// <summary>Composes the next write; false when there is nothing to write. Its bytes are read until <see cref="OnWriteCompleted"/>.</summary>
    /// <param name="received">How much of the peer's stream has come.</param>
    /// <param name="batch">What to write.</param>
    /// <param name="isTraffic">Whether there is anything else in it than a PING.</param>
    public bool TryComposeWrite(long received, out ReadOnlySequence<byte> batch, out bool isTraffic)
    {
        isTraffic = ControlRecords.ComposeDue(received);
        int count = (int)Math.Min(SendBuffer.UnsentBytes, MaxDataRecordPayload);
        if (count > 0)
        {
            isTraffic = true;
            batch = SendBuffer.TakeUnsent(ControlRecords.AppendDataHeader(count), count);
            return true;
        }

        if (CloseRequest is not null && !_isCloseComposed)
        {
            _isCloseComposed = true;
            batch = ControlRecords.AppendClose(CloseRequest);
            return true;
        }

        ReadOnlyMemory<byte> head = ControlRecords.GetComposed();
        batch = new ReadOnlySequence<byte>(head);
        return !head.IsEmpty;
    }

    /// <summary>What was composed last is with the network. True when CLOSE is, too.</summary>
    public bool OnWriteCompleted()
    {
        SendBuffer.OnWriteCompleted();
        return _isCloseComposed;
    }

    /// <summary>
    /// The session goes on on another path, where nothing is written yet: what the peer has not acknowledged is sent again, behind a START
    /// that says where it begins.
    /// </summary>
    /// <exception cref="TunnelProtocolException">The peer acknowledged what was never sent; the output is as good as before.</exception>
    public void OnMigrated(ulong acknowledged)
    {
        SendBuffer.Acknowledge(acknowledged);
        SendBuffer.RewindToAcknowledged();
        ControlRecords.OnMigrated(SendBuffer.AcknowledgedOffset);
        _isCloseComposed = false;
    }
}
