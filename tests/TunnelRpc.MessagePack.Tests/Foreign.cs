using MessagePack;
using MessagePack.Formatters;
using TunnelRpc;
using TunnelRpc.MessagePack.Tests;
using PackageReader = MessagePack.MessagePackReader;
using PackageWriter = MessagePack.MessagePackWriter;

[assembly: TunnelFormatter(typeof(Temperature), typeof(TemperatureFormatter))]
[assembly: TunnelFormatter(typeof(Chain), typeof(ChainFormatter))]

namespace TunnelRpc.MessagePack.Tests;

/// <summary>A type with private state, whose formatter is one of the package.</summary>
[MessagePackFormatter(typeof(SecretFormatter))]
public sealed class Secret(int value)
{
    private readonly int _value = value;

    public int Reveal() => _value;
}

public sealed class SecretFormatter : IMessagePackFormatter<Secret?>
{
    public void Serialize(ref PackageWriter writer, Secret? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
        }
        else
        {
            writer.Write(value.Reveal());
        }
    }

    public Secret? Deserialize(ref PackageReader reader, MessagePackSerializerOptions options) =>
        reader.TryReadNil() ? null : new Secret(reader.ReadInt32());
}

/// <summary>Formats an integer as the text of a number in a base.</summary>
public sealed class BasedFormatter(int toBase, string prefix) : IMessagePackFormatter<int>
{
    public void Serialize(ref PackageWriter writer, int value, MessagePackSerializerOptions options) =>
        writer.Write(prefix + Convert.ToString(value, toBase));

    public int Deserialize(ref PackageReader reader, MessagePackSerializerOptions options) =>
        Convert.ToInt32(reader.ReadString()![prefix.Length..], toBase);
}

/// <summary>Formats a missing integer as a text.</summary>
public sealed class MissingFormatter : IMessagePackFormatter<int?>
{
    public void Serialize(ref PackageWriter writer, int? value, MessagePackSerializerOptions options) =>
        writer.Write(value is null ? "missing" : $"{value}");

    public int? Deserialize(ref PackageReader reader, MessagePackSerializerOptions options) =>
        reader.ReadString() is "missing" or null ? null : 1;
}

/// <summary>A type without attributes, whose formatter an attribute of the assembly names.</summary>
public readonly struct Temperature(double kelvin)
{
    private readonly double _kelvin = kelvin;

    public double InKelvin() => _kelvin;
}

public sealed class TemperatureFormatter : IMessagePackFormatter<Temperature>
{
    public static readonly TemperatureFormatter Instance = new();

    private TemperatureFormatter()
    {
    }

    public void Serialize(ref PackageWriter writer, Temperature value, MessagePackSerializerOptions options) =>
        options.Resolver.GetFormatterWithVerify<double>().Serialize(ref writer, value.InKelvin(), options);

    public Temperature Deserialize(ref PackageReader reader, MessagePackSerializerOptions options)
    {
        double kelvin = options.Resolver.GetFormatterWithVerify<double>().Deserialize(ref reader, options);
        return kelvin >= 0 ? new Temperature(kelvin) : throw new MessagePackSerializationException($"{kelvin} K");
    }
}

/// <summary>A type that contains itself through a formatter of the package and a generated one, by turns.</summary>
public sealed class Chain
{
    public Link? Next { get; set; }
}

public sealed record Link(Chain Chain);

/// <summary>Formats a chain with the generated formatter of its link.</summary>
public sealed class ChainFormatter : IMessagePackFormatter<Chain>
{
    // Created when it is needed: the definition of the contract, which has it, creates this formatter.
    private static readonly Lazy<IMessagePackFormatter<Link>> Inner =
        new(() => TunnelRpcResolver.For<IForeign>().GetFormatterWithVerify<Link>());

    public void Serialize(ref PackageWriter writer, Chain value, MessagePackSerializerOptions options) =>
        Inner.Value.Serialize(ref writer, value.Next!, options);

    public Chain Deserialize(ref PackageReader reader, MessagePackSerializerOptions options) =>
        new() { Next = Inner.Value.Deserialize(ref reader, options) };
}

/// <summary>A formatter that reads less than it wrote.</summary>
public sealed class HalfFormatter : IMessagePackFormatter<int[]>
{
    public void Serialize(ref PackageWriter writer, int[] value, MessagePackSerializerOptions options)
    {
        writer.WriteArrayHeader(1);
        writer.Write(value.Length);
    }

    public int[] Deserialize(ref PackageReader reader, MessagePackSerializerOptions options) => new int[reader.ReadArrayHeader()];
}

/// <summary>The formatters of the package at a type, at members and by an attribute of the assembly.</summary>
public sealed record Report(
    Secret Secret,
    [property: MessagePackFormatter(typeof(BasedFormatter), 16, "0x")] int Hexadecimal,
    Temperature Outside,
    Temperature? Inside = null,
    Secret? Other = null)
{
    [MessagePackFormatter(typeof(BasedFormatter), 2, "b")]
    public int? Binary { get; set; }

    [MessagePackFormatter(typeof(MissingFormatter))]
    public int? Missing { get; set; }
}
