namespace TunnelRpc.Load.Running;

/// <summary>How much is measured.</summary>
/// <param name="Quick">Whether what is dear is left out.</param>
/// <param name="Duration">Of one round of one measure of one system.</param>
/// <param name="WarmUp">Of each system before its first round.</param>
/// <param name="Rounds">How many, of which the median counts.</param>
internal sealed record RunSettings(bool Quick, TimeSpan Duration, TimeSpan WarmUp, int Rounds)
{
    /// <summary>Of each later measure of a system that is warm in part: short in a quick run, which measures them little warm.</summary>
    public TimeSpan SubsequentWarmUp => Quick ? WarmUp / 4 : WarmUp;

    /// <summary>Where this program was published otherwise, each in a directory of its own; null for nowhere.</summary>
    public DirectoryInfo? Published { get; init; }
}
