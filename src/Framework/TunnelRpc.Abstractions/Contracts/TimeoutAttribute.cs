namespace TunnelRpc;

/// <summary>
/// The default timeout of the calls of a method, or of all methods of a contract. <see cref="TunnelCallOptions.Timeout"/> overrides it.
/// </summary>
/// <remarks>
/// Both sides enforce it: when the timeout elapses, the call fails with <see cref="TunnelStatus.DeadlineExceeded"/> at the caller, and
/// the cancellation token of the implementation is cancelled. An attribute on the method takes precedence over one on the contract.
/// </remarks>
/// <param name="timeout">
/// A number and a unit (ms, s, m, h), for example "30s", or a <see cref="TimeSpan"/>, for example "00:00:30". More than zero and at most 30
/// days.
/// </param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Interface, Inherited = false)]
public sealed class TimeoutAttribute(string timeout) : Attribute
{
    /// <summary>The timeout, as it is written in the source.</summary>
    public string Timeout { get; } = timeout;
}
