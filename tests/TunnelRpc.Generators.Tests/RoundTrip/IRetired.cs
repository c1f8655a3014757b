namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>An obsolete contract with an obsolete method. Using them is an error.</summary>
[Obsolete("Use another.", error: true)]
[TunnelService]
public partial interface IRetired
{
    Task<string> EchoAsync(string text);

    [Obsolete("Use EchoAsync.", error: true)]
    Task<Item> OldAsync(Item item);

    /// <summary>An obsolete type with an obsolete member. Using them is an error.</summary>
    [Obsolete("Use a string.", error: true)]
    sealed record Item(string Name)
    {
        [Obsolete("Use Name.", error: true)]
        public int Number { get; set; }
    }
}
