using FsCheck;
using FsCheck.Fluent;
using MessagePack;
using MessagePack.Formatters;
using MessagePack.Resolvers;
using Shouldly;
using TunnelRpc.Serialization;

namespace TunnelRpc.MessagePack.Tests;

/// <summary>A type whose values both sides encode and decode.</summary>
/// <param name="Documented">The name of the type in docs/messagepack.md, or of the shape.</param>
internal abstract record DifferentialCase(string Documented)
{
    public abstract Type Type { get; }

    /// <summary>Whether the package has a formatter for the type.</summary>
    public abstract bool IsInPackage { get; }

    /// <summary>
    /// Checks that both sides write the same bytes and read each other's, or that this framework reads its own if the package has no
    /// formatter.
    /// </summary>
    public abstract void Check(int values);
}

/// <inheritdoc/>
internal sealed record DifferentialCase<T>(string Documented, ITunnelFormatter<T> Formatter, Gen<T> Values) : DifferentialCase(Documented)
{
    private static readonly MessagePackSerializerOptions Options =
        MessagePackSerializerOptions.Standard.WithSecurity(MessagePackSecurity.UntrustedData);

    public override Type Type => typeof(T);

    public override bool IsInPackage { get; } = FindPackageFormatter() is not null;

    public override void Check(int values) =>
        Prop.ForAll(Arb.From(Values), (Action<T>)CheckValue).Check(Config.QuickThrowOnFailure.WithMaxTest(values));

    private void CheckValue(T value)
    {
        byte[] own = ContractFormatters.Write(Formatter, value);
        if (!IsInPackage)
        {
            ContractFormatters.Write(Formatter, ContractFormatters.Read(Formatter, own)).ShouldBe(own, $"{typeof(T)} read what it wrote");
            return;
        }

        byte[] package = MessagePackSerializer.Serialize(value, Options);
        Convert.ToHexString(own).ShouldBe(Convert.ToHexString(package), $"the bytes of {typeof(T)}");
        MessagePackSerializer.Serialize(MessagePackSerializer.Deserialize<T>(own, Options), Options)
            .ShouldBe(own, $"the package read {typeof(T)}");
        ContractFormatters.Write(Formatter, ContractFormatters.Read(Formatter, package)).ShouldBe(own, $"{typeof(T)} was read");
    }

    private static IMessagePackFormatter<T>? FindPackageFormatter()
    {
        try
        {
            return StandardResolver.Instance.GetFormatter<T>();
        }
        catch (TypeInitializationException)
        {
            // The package throws for some types that it does not support.
            return null;
        }
    }
}
