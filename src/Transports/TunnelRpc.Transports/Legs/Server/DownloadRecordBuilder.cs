using System.Buffers;

namespace TunnelRpc.Transports.Legs.Server;

/// <summary>
/// Builds the records of one exchange of the download leg: reports, data and the end. One instance per exchange. Not thread-safe.
/// </summary>
/// <param name="connection">The leg connection.</param>
/// <param name="claim">The exchange's claim of the send buffer.</param>
/// <param name="knownConsumedOffset">The consumed offset that the client knows; -1 to report it in any case.</param>
/// <param name="lastSeenProbe">The last probe that the client knows to be received.</param>
internal sealed class DownloadRecordBuilder(ServerLegConnection connection, long claim, long knownConsumedOffset, long lastSeenProbe)
{
    private const int ConsumedReportThresholdBytes = LegProtocol.ConsumedReportThresholdBytes;
    private const int MaxControlBytes = (3 * LegRecordWriter.ControlRecordBytes) + LegRecordWriter.HeaderBytes;

    private long _knownConsumedOffset = knownConsumedOffset;
    private long _lastSeenProbe = lastSeenProbe;

    /// <summary>Whether the End record was built. No record follows.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Whether a newer exchange has claimed the send buffer.</summary>
    public bool IsSuperseded => !connection.SendBuffer.IsCurrentClaim(claim);

    /// <summary>Whether there is a record to send.</summary>
    public bool HasContent => connection.SendBuffer.UnsentBytes > 0
        || IsConsumedReportDue(ConsumedReportThresholdBytes)
        || connection.LastProbe != _lastSeenProbe
        || connection.SendBuffer.HasSentAll(claim);

    /// <summary>Builds the available records and returns their size in bytes; 0 when there is none.</summary>
    /// <param name="maxDataBytes">The maximum number of data bytes.</param>
    /// <param name="buffer">The records, in an array of the shared pool that the caller returns; may be null when the size is 0.</param>
    public int BuildRecords(int maxDataBytes, out byte[]? buffer)
    {
        buffer = null;
        if (IsEnded || !HasContent)
        {
            return 0;
        }

        int dataBytes = (int)Math.Min(maxDataBytes, connection.SendBuffer.UnsentBytes);
        buffer = ArrayPool<byte>.Shared.Rent(dataBytes + MaxControlBytes);
        return WriteRecords(buffer, dataBytes);
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

    // Blocks are acknowledged by their responses, so only streamed uploads need reports.
    private bool IsConsumedReportDue(int thresholdBytes) => _knownConsumedOffset < 0
        || (connection.IsUploadStreaming && connection.ReceiveBuffer.ConsumedOffset - _knownConsumedOffset >= thresholdBytes);
}
