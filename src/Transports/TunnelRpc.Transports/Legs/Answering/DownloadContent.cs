using System.Buffers;

namespace TunnelRpc.Transports.Legs.Answering;

/// <summary>Makes what goes down in one exchange: reports, data, the end. Used by one exchange only, which is not thread-safe.</summary>
/// <param name="carrier">The carrier.</param>
/// <param name="claim">The exchange's right to take.</param>
/// <param name="known">What the client knows of how much was consumed; -1: tell it in any case.</param>
/// <param name="seen">The last probe that the client knows to have arrived.</param>
internal sealed class DownloadContent(Carrier carrier, long claim, long known, long seen)
{
    private const int ReportBytes = LegsProtocol.ReportBytes;
    private const int ReportsBytes = (3 * LegRecords.ControlBytes) + LegRecords.HeadBytes;

    private long _known = known;
    private long _seen = seen;

    /// <summary>Whether the end was told: nothing follows.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Whether another exchange has the turn.</summary>
    public bool IsSuperseded => !carrier.Down.IsCurrent(claim);

    /// <summary>Whether there is anything to say.</summary>
    public bool IsDue => carrier.Down.Unsent > 0 || IsReportDue(ReportBytes) || carrier.Seen != _seen || carrier.Down.IsDrained(claim);

    /// <summary>What there is to say, in memory rented from the shared pool; 0 when that is nothing, and then null.</summary>
    /// <param name="most">So much data at most.</param>
    /// <param name="buffer">The caller's to give back.</param>
    public int Take(int most, out byte[]? buffer)
    {
        buffer = null;
        if (IsEnded || !IsDue)
        {
            return 0;
        }

        int room = (int)Math.Min(most, carrier.Down.Unsent);
        buffer = ArrayPool<byte>.Shared.Rent(room + ReportsBytes);
        return Fill(buffer, room);
    }

    private int Fill(byte[] buffer, int room)
    {
        int length = 0;
        if (IsReportDue(room > 0 ? 1 : ReportBytes))
        {
            _known = carrier.Up.Consumed;
            LegRecords.WriteControl(buffer, LegRecordType.Consumed, _known);
            length += LegRecords.ControlBytes;
        }

        if (carrier.Seen is long probe && probe != _seen)
        {
            _seen = probe;
            LegRecords.WriteControl(buffer.AsSpan(length), LegRecordType.Probe, probe);
            length += LegRecords.ControlBytes;
        }

        int taken = carrier.Down.Take(claim, buffer.AsSpan(length + LegRecords.HeadBytes, room), out _);
        if (taken > 0)
        {
            LegRecords.WriteHead(buffer.AsSpan(length), LegRecordType.Data, taken);
            length += LegRecords.HeadBytes + taken;
        }

        if (carrier.Down.IsDrained(claim))
        {
            IsEnded = true;
            LegRecords.WriteControl(buffer.AsSpan(length), LegRecordType.End, carrier.Down.End);
            length += LegRecords.ControlBytes;
        }

        return length;
    }

    private bool IsReportDue(int step) => _known < 0 || (carrier.UpStreams && carrier.Up.Consumed - _known >= step);
}
