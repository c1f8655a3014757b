namespace TunnelRpc;

/// <summary>
/// How long a call of this method, or of any of this contract's methods, may take, unless the caller says otherwise. Both
/// sides keep it: the caller fails with <see cref="TunnelStatus.DeadlineExceeded"/>, and the implementation's token is cancelled.
/// </summary>
/// <param name="timeout">A number and a unit (ms, s, m, h), as in "30s", or a <see cref="TimeSpan"/> as in "00:00:30"; at most 30 days.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Interface, Inherited = false)]
public sealed class TimeoutAttribute(string timeout) : Attribute
{
    /// <summary>The time as written.</summary>
    public string Timeout { get; } = timeout;
}
