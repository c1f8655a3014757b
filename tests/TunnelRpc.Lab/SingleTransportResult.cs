using TunnelRpc.Client;

namespace TunnelRpc.Lab;

/// <summary>What came of a transport that was the only one allowed.</summary>
/// <param name="Transport">Its name.</param>
/// <param name="Works">Whether it connected and carried calls both ways.</param>
/// <param name="Attempt">What the path report says of it.</param>
/// <param name="Calls">What went wrong with the calls on a path that it had proved; null when nothing did.</param>
internal sealed record SingleTransportResult(string Transport, bool Works, PathAttempt Attempt, string? Calls);
