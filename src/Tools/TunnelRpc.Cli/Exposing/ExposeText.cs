using System.Globalization;

namespace TunnelRpc.Cli.Exposing;

/// <summary>Formats events as text. Without state.</summary>
internal static class ExposeText
{
    private const int MethodWidth = 7;

    /// <summary>Returns an event as one line without control codes.</summary>
    public static string Format(ExposeEvent shown, ExposeOptions options) => shown switch
    {
        ClaimedEvent claimed => $"{claimed.Url} forwards to {options.Origin} ({claimed.Transport})",
        DisconnectedEvent disconnected => $"Disconnected: {disconnected.Reason} Connecting again.",
        RequestEvent request => string.Join(
            "  ",
            request.Method.PadRight(MethodWidth),
            FormatStatus(request).PadLeft(3),
            FormatTime(request.Elapsed).PadLeft(9),
            FormatBytes(request).PadLeft(17),
            request.Path + FormatDetail(request)),
        _ => "",
    };

    /// <summary>Returns the status; "-" when there was no response.</summary>
    public static string FormatStatus(RequestEvent request) =>
        request.Status is { } status ? status.ToString(CultureInfo.InvariantCulture) : "-";

    /// <summary>Returns milliseconds, below 10 ms with one decimal.</summary>
    public static string FormatTime(TimeSpan time) =>
        time.TotalMilliseconds.ToString(time.TotalMilliseconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " ms";

    /// <summary>Returns the bytes of both bodies.</summary>
    public static string FormatBytes(RequestEvent request) =>
        string.Create(CultureInfo.InvariantCulture, $"{request.BytesUp:N0}/{request.BytesDown:N0} B");

    /// <summary>Returns the protocol of an upgrade and the failure, after a space; an empty string when there is neither.</summary>
    public static string FormatDetail(RequestEvent request) =>
        (request.Protocol is null ? "" : $" [{request.Protocol}]") + (request.Failure is null ? "" : $" {request.Failure}");
}
