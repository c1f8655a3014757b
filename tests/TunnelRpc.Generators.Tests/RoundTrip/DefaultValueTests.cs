using System.Globalization;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>What a shorter call of an older peer takes for the missing arguments is what the compiler takes for them.</summary>
public sealed class DefaultValueTests
{
    private readonly Defaults _service = new();
    private readonly IDefaults _stub;

    public DefaultValueTests() => _stub = Loop.Definition<IDefaults>().CreateStub(new LoopInvoker(_service));

    [Fact]
    public async Task Of_texts_with_escapes() =>
        await ShouldBeAsync(_stub.Texts("x"), nameof(IDefaults.Texts), "x|a|\"q\" \\ \t\r\n\0\u2028|\U0001F600||null");

    [Fact]
    public async Task Of_characters() => await ShouldBeAsync(_stub.Characters("x"), nameof(IDefaults.Characters), "x|97|39|92|0|55296|\"|null");

    [Fact]
    public async Task Of_integers_at_their_limits() => await ShouldBeAsync(
        _stub.Integers("x"),
        nameof(IDefaults.Integers),
        "x|-128|255|-32768|65535|-2147483648|4294967295|-9223372036854775808|18446744073709551615|-1|null|18446744073709551615");

    [Fact]
    public async Task Of_numbers_that_are_none_and_at_their_limits() => await ShouldBeAsync(
        _stub.Numbers("x"), nameof(IDefaults.Numbers), "x|NaN|5E-324|-Infinity|1.7976931348623157E+308|NaN|Infinity|1E-30|NaN|null");

    [Fact]
    public async Task Of_decimals_with_their_scale() => await ShouldBeAsync(
        _stub.Decimals("x"), nameof(IDefaults.Decimals), "x|79228162514264337593543950335|-79228162514264337593543950335|1.500|0.00|-0.1|null");

    [Fact]
    public async Task Of_enums_and_booleans() => await ShouldBeAsync(
        _stub.Enums("x"), nameof(IDefaults.Enums), "x|Blue|77|Most|Below|Zero|Red|null|True|False");

    [Fact]
    public async Task Of_structs() => await ShouldBeAsync(
        _stub.Structs("x"),
        nameof(IDefaults.Structs),
        string.Create(CultureInfo.InvariantCulture, $"x|{Guid.Empty}|{default(Shapes.Pair)}|0|(0, )|0|null|null"));

    private async Task ShouldBeAsync(Task<string> declared, string method, string expected)
    {
        // An array of one argument.
        string shorter = await Loop.Definition<IDefaults>().Methods.Single(m => m.Name == method)
            .Accept(new RawCall<IDefaults>(_service, [0x91, 0xa1, (byte)'x']));

        (await declared).ShouldBe(expected);
        shorter.ShouldBe(expected);
    }
}
