namespace TunnelRpc.Gateway;

/// <summary>The options of MapRawHttpQueue.</summary>
public sealed class RawHttpQueueOptions : GatewayPollingOptions
{
    /// <summary>
    /// The maximum time that a program can ask for with X-Timeout; a longer one is shortened to it.
    /// <see cref="GatewayPollingOptions.PollTimeout"/> applies without the field. Default: 2 minutes.
    /// </summary>
    public TimeSpan MaxPollTimeout { get; set; } = TimeSpan.FromMinutes(2);

    internal override void Validate()
    {
        base.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxPollTimeout, PollTimeout);
    }
}
