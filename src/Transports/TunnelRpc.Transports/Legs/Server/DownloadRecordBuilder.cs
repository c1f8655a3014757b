using System.Buffers;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>Makes what goes down in one exchange: reports, data, the end. Used by one exchange only, which is not thread-safe.</summary>
/// <param name="connection">The carrier.</param>
/// <param name="claim">The exchange's right to take.</param>
/// <param name="knownConsumedOffset">What the client knows of how much was consumed; -1: tell it in any case.</param>
/// <param name="lastSeenProbe">The last probe that the client knows to have arrived.</param>
internal sealed class DownloadRecordBuilder(ServerLegConnection connection, long claim, long knownConsumedOffset, long lastSeenProbe)
{
    private const int ConsumedReportThresholdBytes = LegProtocol.ConsumedReportThresholdBytes;
    private const int MaxControlBytes = (3 * LegRecordWriter.ControlRecordBytes) + LegRecordWriter.HeaderBytes;

    private long _knownConsumedOffset = knownConsumedOffset;
    private long _lastSeenProbe = lastSeenProbe;

    /// <summary>Whether the end was told: nothing follows.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Whether another exchange has the turn.</summary>
    public bool IsSuperseded => !connection.SendBuffer.IsCurrentClaim(claim);

    /// <summary>Whether there is anything to say.</summary>
    public bool HasContent => connection.SendBuffer.UnsentBytes > 0 || IsConsumedReportDue(ConsumedReportThresholdBytes) || connection.LastProbe != _lastSeenProbe || connection.SendBuffer.HasSentAll(claim);

    /// <summary>What there is to say, in memory rented from the shared pool; 0 when that is nothing, and then null.</summary>
    /// <param name="maxDataBytes">So much data at most.</param>
    /// <param name="buffer">The caller's to give back.</param>
    public int BuildRecords(int maxDataBytes, out byte[]? buffer)
    {
        buffer = null;
        if (IsEnded || !HasContent)
        {
            return 0;
        }

        int room = (int)Math.Min(maxDataBytes, connection.SendBuffer.UnsentBytes);
        buffer = ArrayPool<byte>.Shared.Rent(room + MaxControlBytes);
        return WriteRecords(buffer, room);
    }

    private int WriteRecords(byte[] buffer, int dataBytes)
    {
        int length = 0;
        if (IsConsumedReportDue(dataBytes > 0 ? 1 : ConsumedReportThresholdBytes))
        {
            _knownConsumedOffset = connection.ReceiveBuffer.ConsumedOffset;
            LegRecordWriter.WriteControl(buffer, LegRecordType.Consumed, _knownConsumedOffset);
            length += LegRecordWriter.ControlRecordBytes;
        }

        if (connection.LastProbe is long probe && probe != _lastSeenProbe)
        {
            _lastSeenProbe = probe;
            LegRecordWriter.WriteControl(buffer.AsSpan(length), LegRecordType.Probe, probe);
            length += LegRecordWriter.ControlRecordBytes;
        }

        int taken = connection.SendBuffer.TakeUnsent(claim, buffer.AsSpan(length + LegRecordWriter.HeaderBytes, dataBytes), out _);
        if (taken > 0)
        {
            LegRecordWriter.WriteHeader(buffer.AsSpan(length), LegRecordType.Data, taken);
            length += LegRecordWriter.HeaderBytes + taken;
        }

        if (connection.SendBuffer.HasSentAll(claim))
        {
            IsEnded = true;
            LegRecordWriter.WriteControl(buffer.AsSpan(length), LegRecordType.End, connection.SendBuffer.WrittenOffset);
            length += LegRecordWriter.ControlRecordBytes;
        }

        return length;
    }

    private bool IsConsumedReportDue(int thresholdBytes) => _knownConsumedOffset < 0 || (connection.IsUploadStreaming && connection.ReceiveBuffer.ConsumedOffset - _knownConsumedOffset >= thresholdBytes);
}
