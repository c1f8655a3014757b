using System.Globalization;

namespace TunnelRpc.Transports.Legs;

/// <summary>The request header <c>TunnelRpc-Leg</c> of an exchange. The exchange's proof covers the exact text of the header.</summary>
/// <param name="Kind">The kind of the exchange.</param>
/// <param name="Epoch">Incremented by the client each time that it reopens the leg; for polls, with each poll.</param>
/// <param name="Offset">
/// Upload: the offset of the body's first byte. Download: the offset of the first requested byte; all bytes before it are received.
/// </param>
/// <param name="ConsumedOffset">
/// The number of bytes from the server that the client's reader has consumed. The server releases them.
/// </param>
/// <param name="LengthOrAcknowledgedOffset">
/// Block: its length. Download: the number of bytes to the server that the server has acknowledged, as far as the client knows.
/// </param>
/// <param name="LastSeenProbe">Download: the last probe that the server has reported, as far as the client knows. Otherwise 0.</param>
internal readonly record struct LegHeader(
    LegExchangeKind Kind, long Epoch, long Offset, long ConsumedOffset, long LengthOrAcknowledgedOffset, long LastSeenProbe)
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
            || !TryParse(parts[3], out long consumedOffset)
            || !TryParse(parts[4], out long lengthOrAcknowledgedOffset)
            || !TryParse(parts[5], out long lastSeenProbe))
        {
            return false;
        }

        header = new LegHeader((LegExchangeKind)kind, epoch, offset, consumedOffset, lengthOrAcknowledgedOffset, lastSeenProbe);
        return true;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{KindNames[(int)Kind]} {Epoch} {Offset} {ConsumedOffset} {LengthOrAcknowledgedOffset} {LastSeenProbe}");

    private static bool TryParse(string text, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
