using System.Globalization;
using TunnelRpc.Multiplexing;
using TunnelRpc.Tracking;

namespace TunnelRpc.Diagnostics;

/// <summary>What was known of one call when a <see cref="SessionSnapshot"/> was taken.</summary>
/// <param name="StreamId">The stream id; 0 for a call that is not open yet.</param>
/// <param name="Method">The full name of the method.</param>
/// <param name="Age">For how long the call has been open, or has waited to be opened; zero while tracking is off.</param>
/// <param name="State">The state of the call in words; empty where there is nothing to say.</param>
/// <param name="SendCredit">The bytes of items that this side may send, which may be negative; null when it sends none.</param>
/// <param name="ReceiveCredit">The bytes of items that the peer may send; null when it sends none, or the window is released.</param>
internal sealed record CallSnapshot(ulong StreamId, string Method, TimeSpan Age, string State, long? SendCredit, long? ReceiveCredit)
{
    /// <summary>Reads the state of a call. The call may end concurrently, so the parts need not belong together.</summary>
    public static CallSnapshot Of(TunnelStream stream, ulong streamId, TimeSpan? age = null) => new(
        streamId,
        stream.CalledMethod?.FullName ?? "unknown method",
        age ?? LiveObjects.GetAge(stream.OpenedTimestamp),
        stream.DescribeState(),
        stream.SendWindow?.Credit,
        stream.ReceiveWindow?.Credit);

    /// <inheritdoc/>
    public override string ToString()
    {
        string stream = StreamId == 0 ? "not open" : $"stream {StreamId}";
        return string.Create(CultureInfo.InvariantCulture, $"{Method}, {stream}, since {Age.TotalSeconds:0.0} s")
            + (State.Length == 0 ? "" : $", {State}")
            + (SendCredit is { } send ? $", send window {send} bytes" : "")
            + (ReceiveCredit is { } receive ? $", receive window {receive} bytes" : "");
    }
}
