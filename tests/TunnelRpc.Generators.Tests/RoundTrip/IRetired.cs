namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>A contract that nobody should call any more, with a method that nobody may.</summary>
[Obsolete("Use another.", error: true)]
[TunnelService]
public partial interface IRetired
{
    Task<string> EchoAsync(string text);

    [Obsolete("Use EchoAsync.", error: true)]
    Task<Item> OldAsync(Item item);

    /// <summary>A type that nobody may use, with a member that nobody may set.</summary>
    [Obsolete("Use a string.", error: true)]
    sealed record Item(string Name)
    {
        [Obsolete("Use Name.", error: true)]
        public int Number { get; set; }
    }
}
