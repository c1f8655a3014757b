using System.Buffers;
using TunnelRpc.Accounting;

namespace TunnelRpc.Sessions;

/// <summary>
/// Composes the writes of a session: due control records first, then the bytes of the session's stream, then CLOSE. No I/O. Guarded by the
/// lock of <see cref="SessionWriter"/>; members of its parts that are documented as hints are also read without it.
/// </summary>
internal sealed class SessionOutput(MemoryAccount memory)
{
    private const int MaxDataRecordPayload = 256 << 10;

    // CLOSE was composed for the current path.
    private bool _isCloseComposed;

    /// <summary>The bytes of the session's stream.</summary>
    public SendBuffer SendBuffer { get; } = new(memory);

    /// <summary>The control records that are due.</summary>
    public ControlRecords ControlRecords { get; } = new();

    /// <summary>The CLOSE that ends the session's output; null until one is requested.</summary>
    public CloseMessage? CloseRequest { get; private set; }

    /// <summary>Requests CLOSE. Only the first request counts.</summary>
    public void RequestClose(CloseMessage close) => CloseRequest ??= close;

    /// <summary>Composes the next write.</summary>
    /// <param name="received">The offset up to which the peer's stream has been received.</param>
    /// <param name="batch">The bytes to write; valid until <see cref="OnWriteCompleted"/>.</param>
    /// <param name="isTraffic">Whether the write contains control records other than PING, or data.</param>
    /// <returns>False if there is nothing to write.</returns>
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

        ReadOnlyMemory<byte> records = ControlRecords.GetComposed();
        batch = new ReadOnlySequence<byte>(records);
        return !records.IsEmpty;
    }

    /// <summary>The path has accepted the write that was composed last.</summary>
    /// <returns>Whether CLOSE was sent on the current path.</returns>
    public bool OnWriteCompleted()
    {
        SendBuffer.OnWriteCompleted();
        return _isCloseComposed;
    }

    /// <summary>
    /// The session continues on another path: START with the acknowledged offset is sent first, then everything that the peer has not
    /// acknowledged is retransmitted, and CLOSE is sent again if it was requested.
    /// </summary>
    /// <exception cref="TunnelProtocolException">The offset is beyond what was sent; nothing has changed.</exception>
    public void OnMigrated(ulong acknowledged)
    {
        SendBuffer.Acknowledge(acknowledged);
        SendBuffer.RewindToAcknowledged();
        ControlRecords.OnMigrated(SendBuffer.AcknowledgedOffset);
        _isCloseComposed = false;
    }
}
