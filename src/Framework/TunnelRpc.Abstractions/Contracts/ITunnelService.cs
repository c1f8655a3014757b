namespace TunnelRpc;

/// <summary>
/// Implemented by every annotated contract through its generated part, so that an un-annotated interface does not
/// compile where a contract is asked for. Nothing implements it by hand.
/// </summary>
/// <typeparam name="TSelf">The contract itself.</typeparam>
public interface ITunnelService<TSelf>
    where TSelf : class, ITunnelService<TSelf>
{
    /// <summary>The contract's name, methods and stub.</summary>
    static abstract TunnelServiceDefinition<TSelf> TunnelDefinition { get; }
}
