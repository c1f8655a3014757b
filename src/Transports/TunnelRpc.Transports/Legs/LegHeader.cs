using System.Globalization;

namespace TunnelRpc.Transports.Legs;

/// <summary>What an exchange says of itself in the header <c>TunnelRpc-Leg</c>; its proof covers the header's very text.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Epoch">Raised by the client each time that it opens the leg again; for polls, with each of them.</param>
/// <param name="Offset">Up: where the body's bytes begin. Down: from where on bytes are wanted; all before have been received.</param>
/// <param name="ConsumedOffset">How many bytes of those down the client's reader has taken: the server need not keep them.</param>
/// <param name="LengthOrAcknowledgedOffset">A block's length. Down: how many bytes up the client knows that it need not keep.</param>
/// <param name="LastSeenProbe">Down: the last probe that the client knows to have been seen. Else 0.</param>
internal readonly record struct LegHeader(LegExchangeKind Kind, long Epoch, long Offset, long ConsumedOffset, long LengthOrAcknowledgedOffset, long LastSeenProbe)
{
    public const string HeaderName = "TunnelRpc-Leg";

    private static readonly string[] KindNames = ["stream", "poll", "block", "end", "reset"];

    public static bool TryParse(string? text, bool isDownload, out LegHeader header)
    {
        header = default;
        if (text is null || text.Length > 128)
        {
            return false;
        }

        string[] parts = text.Split(' ');
        int kind = Array.IndexOf(KindNames, parts[0]);
        if (parts.Length != 6
            || kind < 0
            || ((LegExchangeKind)kind == LegExchangeKind.Poll && !isDownload)
            || ((LegExchangeKind)kind > LegExchangeKind.Poll && isDownload)
            || !TryParse(parts[1], out long epoch)
            || !TryParse(parts[2], out long offset)
            || !TryParse(parts[3], out long consumed)
            || !TryParse(parts[4], out long detail)
            || !TryParse(parts[5], out long seen))
        {
            return false;
        }

        header = new LegHeader((LegExchangeKind)kind, epoch, offset, consumed, detail, seen);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{KindNames[(int)Kind]} {Epoch} {Offset} {ConsumedOffset} {LengthOrAcknowledgedOffset} {LastSeenProbe}");

    private static bool TryParse(string text, out long value) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
