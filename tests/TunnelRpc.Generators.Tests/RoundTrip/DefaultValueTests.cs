using System.Globalization;
using Shouldly;
using Xunit;

namespace TunnelRpc.Generators.Tests.RoundTrip;

/// <summary>
/// Tests that an argument that an older peer omits gets the same default as an argument that the source code of a call omits.
/// </summary>
public sealed class DefaultValueTests
{
    private readonly Defaults _service = new();
    private readonly IDefaults _stub;

    public DefaultValueTests() => _stub = Loop.Definition<IDefaults>().CreateStub(new LoopInvoker(_service));

    [Fact]
    public async Task Omitted_strings_get_escaped_defaults() =>
        await ShouldBeAsync(_stub.Texts("x"), nameof(IDefaults.Texts), "x|a|\"q\" \\ \t\r\n\0\u2028|\U0001F600||null");

    [Fact]
    public async Task Omitted_chars_get_defaults() =>
        await ShouldBeAsync(_stub.Characters("x"), nameof(IDefaults.Characters), "x|97|39|92|0|55296|\"|null");

    [Fact]
    public async Task Omitted_integers_get_defaults_at_limits() => await ShouldBeAsync(
        _stub.Integers("x"),
        nameof(IDefaults.Integers),
        "x|-128|255|-32768|65535|-2147483648|4294967295|-9223372036854775808|18446744073709551615|-1|null|18446744073709551615");

    [Fact]
    public async Task Omitted_floats_get_defaults_at_limits_and_nan() => await ShouldBeAsync(
        _stub.Numbers("x"), nameof(IDefaults.Numbers), "x|NaN|5E-324|-Infinity|1.7976931348623157E+308|NaN|Infinity|1E-30|NaN|null");

    [Fact]
    public async Task Omitted_decimals_get_defaults_with_scale() => await ShouldBeAsync(
        _stub.Decimals("x"), nameof(IDefaults.Decimals),
        "x|79228162514264337593543950335|-79228162514264337593543950335|1.500|0.00|-0.1|null");

    [Fact]
    public async Task Omitted_enums_and_booleans_get_defaults() => await ShouldBeAsync(
        _stub.Enums("x"), nameof(IDefaults.Enums), "x|Blue|77|Most|Below|Zero|Red|null|True|False");

    [Fact]
    public async Task Omitted_structs_get_defaults() => await ShouldBeAsync(
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
