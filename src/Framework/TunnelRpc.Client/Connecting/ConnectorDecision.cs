namespace TunnelRpc.Client.Connecting;

/// <summary>The next action of the <see cref="Connector"/>'s loop.</summary>
internal enum ConnectorAction
{
    /// <summary>Wait until a session is wanted.</summary>
    WaitForDemand,

    /// <summary>Wait until the next attempt is due.</summary>
    WaitForDelay,

    /// <summary>Start a connect attempt.</summary>
    StartAttempt,

    /// <summary>Let the attempt in progress continue.</summary>
    ContinueAttempt,

    /// <summary>Cancel the attempt in progress, because no session is wanted any more.</summary>
    CancelAttempt,

    /// <summary>Keep the session until it drains or ends.</summary>
    KeepSession,
}

/// <summary>What the <see cref="Connector"/>'s loop does next.</summary>
/// <param name="Action">The action.</param>
/// <param name="Delay">How long to wait, in whole milliseconds; only with <see cref="ConnectorAction.WaitForDelay"/>.</param>
internal readonly record struct ConnectorDecision(ConnectorAction Action, TimeSpan Delay = default);
