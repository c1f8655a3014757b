using TunnelRpc.Client;

namespace TunnelRpc.Lab;

/// <summary>The result of a client with only one transport.</summary>
/// <param name="Transport">The transport's name.</param>
/// <param name="Works">Whether it connected and carried calls in both directions.</param>
/// <param name="Attempt">Its attempt in the path report.</param>
/// <param name="Calls">The error of the calls on the established path; null when there was none.</param>
internal sealed record SingleTransportResult(string Transport, bool Works, PathAttempt Attempt, string? Calls);
