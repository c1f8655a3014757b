using TunnelRpc.Client;

namespace TunnelRpc.Faults.Tests.Matrix;

/// <summary>The expected outcome of a transport with a fault profile.</summary>
/// <param name="Outcome">The outcome of the attempt.</param>
/// <param name="Status">The HTTP status that refused the attempt; null for none.</param>
/// <param name="MessageParts">Texts that the reason must contain.</param>
/// <param name="BreaksLater">
/// Whether only a small call succeeds before the path breaks. The client must then notice it, and a pending call must complete, at the
/// latest after the path is repaired.
/// </param>
public sealed record Expected(AttemptOutcome Outcome, int? Status, string[] MessageParts, bool BreaksLater = false)
{
    /// <summary>Small and large calls in both directions succeed.</summary>
    public static Expected Works { get; } = new(AttemptOutcome.Won, null, []);

    /// <summary>A small call succeeds, and the path breaks later.</summary>
    public static Expected WorksAtFirst { get; } = new(AttemptOutcome.Won, null, [], BreaksLater: true);

    /// <summary>The transport itself fails before the attempt's timeout.</summary>
    public static Expected Fails(params string[] messageParts) => new(AttemptOutcome.Failed, null, messageParts);

    /// <summary>An HTTP status refuses the attempt.</summary>
    public static Expected Refused(int status, params string[] messageParts) => new(AttemptOutcome.Failed, status, messageParts);

    /// <summary>The attempt ends by its timeout.</summary>
    public static Expected TimesOut(params string[] messageParts) => new(AttemptOutcome.TimedOut, null, messageParts);
}
