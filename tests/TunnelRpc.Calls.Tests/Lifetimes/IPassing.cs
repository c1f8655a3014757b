using System.IO.Pipelines;

namespace TunnelRpc.Calls.Tests.Lifetimes;

/// <summary>Passes references to a peer whose version of the contract is <see cref="IPassingOther"/>. Both sides call it.</summary>
[TunnelService(Name = "passing")]
public partial interface IPassing
{
    /// <summary>The peer has no such method.</summary>
    [OneWay]
    Task UnknownAsync(EveryKind value);

    /// <summary>The peer reads a record with fewer members.</summary>
    [OneWay]
    Task FewerAsync(EveryKind value);

    /// <summary>The peer has no parameters.</summary>
    [OneWay]
    Task NoneAsync(EveryKind value);

    /// <summary>The peer reads some references, and then expects another type.</summary>
    [OneWay]
    Task OtherTypeAsync(EveryKind value);

    /// <summary>The peer reads all references, and then a setter throws.</summary>
    [OneWay]
    Task ThrowingSetterAsync(EveryKind value);

    /// <summary>As <see cref="UnknownAsync"/>, with the references in a tuple.</summary>
    [OneWay]
    Task UnknownTupleAsync((int Number, EveryKind Value) value);

    Task UnknownCallAsync(EveryKind value);

    Task FewerCallAsync(EveryKind value);

    Task OtherTypeCallAsync(EveryKind value);

    Task<EveryKind> FewerResultAsync();

    Task<EveryKind> NoResultAsync();

    Task<EveryKind> OtherTypeResultAsync();

    Task<EveryKind> ThrowingSetterResultAsync();

    Task<EveryKind> StreamExpectedAsync();

    IAsyncEnumerable<EveryKind> FewerItemsAsync();

    IAsyncEnumerable<EveryKind> NoItemsAsync();

    IAsyncEnumerable<EveryKind> OtherTypeItemsAsync();
}

#pragma warning disable TRPC0006 // Two versions of one contract, which are never served together.
/// <summary>The same contract as another version of the peer has it.</summary>
[TunnelService(Name = "passing")]
public partial interface IPassingOther
#pragma warning restore TRPC0006
{
    [OneWay]
    Task FewerAsync(OneKind value);

    [OneWay]
    Task NoneAsync();

    [OneWay]
    Task OtherTypeAsync(WrongKind value);

    [OneWay]
    Task ThrowingSetterAsync(ThrowingKind value);

    Task FewerCallAsync(OneKind value);

    Task OtherTypeCallAsync(WrongKind value);

    Task<OneKind> FewerResultAsync();

    Task<NoKind> NoResultAsync();

    Task<WrongKind> OtherTypeResultAsync();

    Task<ThrowingKind> ThrowingSetterResultAsync();

    IAsyncEnumerable<EveryKind> StreamExpectedAsync();

    IAsyncEnumerable<OneKind> FewerItemsAsync();

    IAsyncEnumerable<NoKind> NoItemsAsync();

    IAsyncEnumerable<WrongKind> OtherTypeItemsAsync();
}

/// <summary>A record with a reference of each kind.</summary>
public sealed record EveryKind(
    Stream Input,
    Stream Output,
    PipeReader Reader,
    PipeWriter Writer,
    IAsyncEnumerable<int> Numbers,
    IProgress<int> Progress,
    IListener Listener);

/// <summary>A version of <see cref="EveryKind"/> with one member.</summary>
public sealed record OneKind(Stream Input);

/// <summary>A version of <see cref="EveryKind"/> without its members.</summary>
public sealed record NoKind(string? Name);

/// <summary>A version of <see cref="EveryKind"/> whose last member has another type.</summary>
public sealed record WrongKind(Stream Input, IAsyncEnumerable<int> Numbers, string Listener);

/// <summary>A version of <see cref="EveryKind"/> that cannot be created.</summary>
public sealed class ThrowingKind
{
    public Stream? Input { get; set; }

    public IListener? Listener
    {
        get => null;
        set => throw new TunnelException(TunnelStatus.FailedPrecondition, $"Expected no listener, got {value}.");
    }
}
