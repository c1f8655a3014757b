using System.Text;

namespace TunnelRpc.Cli.Tests.Contracts;

/// <summary>Files that are not what they seem: each is refused with exit code 2 and a message, in bounded time and memory.</summary>
public sealed class HostileFileTests : IDisposable
{
    private readonly WorkingFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Missing_file_is_refused() => RefuseAsync(_folder["missing.dll"], "cannot be read");

    [Fact]
    public Task Folder_is_refused() => RefuseAsync(Path.GetTempPath(), "cannot be read");

    [Theory]
    [InlineData(2)]
    [InlineData(64)]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public async Task Truncated_assembly_is_refused(int bytes)
    {
        byte[] library = await File.ReadAllBytesAsync(WorkingFolder.Assembly);
        await File.WriteAllBytesAsync(_folder["a.dll"], library[..bytes]);

        await RefuseAsync(_folder["a.dll"], "to be a .NET assembly");
    }

    [Fact]
    public async Task Assembly_with_flipped_bytes_is_read_or_refused()
    {
        byte[] library = await File.ReadAllBytesAsync(WorkingFolder.Assembly);
        var random = new Random(83);
        for (int i = 0; i < 60; i++)
        {
            byte[] damaged = [.. library];
            for (int j = 0; j < 200; j++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            damaged[0] = (byte)'M';
            damaged[1] = (byte)'Z';
            await File.WriteAllBytesAsync(_folder["a.dll"], damaged);

            CommandResult result = await CommandResult.RunAsync("contract", "export", _folder["a.dll"]);

            result.ExitCode.ShouldBeOneOf(0, 2);
            (result.ExitCode == 0 ? result.Output : result.Error).ShouldNotBeEmpty();
        }
    }

    [Fact]
    public Task Assembly_without_contracts_is_refused() => RefuseAsync(typeof(Xunit.Assert).Assembly.Location, "has no contracts");

    [Theory]
    [InlineData("PK")]
    [InlineData("PK\u0003\u0004nothing else")]
    public Task File_that_is_no_package_is_refused(string text) => RefuseAsync(_folder.Write("a.nupkg", text), "to be a NuGet package");

    [Fact]
    public Task Package_with_a_file_that_decompresses_to_very_much_is_refused() => RefuseAsync(
        _folder.Pack("a.nupkg", ("lib/net10.0/bomb.dll", new byte[(128 << 20) + 1])), "at most 128 MiB");

    [Fact]
    public Task Package_with_too_many_files_is_refused() => RefuseAsync(
        _folder.Pack("a.nupkg", [.. Enumerable.Range(0, 20_001).Select(i => ($"{i}", Array.Empty<byte>()))]), "at most 20000 files");

    [Fact]
    public Task Package_with_too_many_libraries_is_refused() => RefuseAsync(
        _folder.Pack("a.nupkg", [.. Enumerable.Range(0, 201).Select(i => ($"lib/net10.0/{i}.dll", Array.Empty<byte>()))]),
        "at most 200 libraries");

    [Fact]
    public async Task Huge_lock_is_refused()
    {
        await using (FileStream file = File.Create(_folder["a.lock"]))
        {
            file.SetLength((64L << 20) + 1);
            file.Position = 0;
            await file.WriteAsync("# text"u8.ToArray());
        }

        await RefuseAsync(_folder["a.lock"], "at most 64 MiB");
    }

    [Theory]
    [InlineData("hello", "neither an assembly, a package nor a lock: line 1")]
    [InlineData("service a\n\u001b[31mred", "line 2")]
    [InlineData("service a\nmethod a/B unary xyz", "cannot be exported: Expected the id")]
    [InlineData("service a\nmethod a/B unary 0x0000002a\nmethod a/B result map<", "Expected a type")]
    [InlineData("service a\nmethod a/B unary 0x0000002a\nmethod a/B parameter x int32 y", "Expected a number")]
    [InlineData("service a\nmethod a/B unary 0x0000002a\nmethod a/B timeout soon", "Expected a time")]
    [InlineData("enum A int32\nenum A value B many", "Expected the number")]
    [InlineData("service a%2", "hexadecimal")]
    public async Task Text_that_is_no_lock_is_refused(string text, string expected)
    {
        CommandResult result = await RefuseAsync(_folder.Write("a.lock", text), expected);

        result.Error.ShouldNotContain("\u001b");
    }

    [Fact]
    public async Task Binary_file_is_refused()
    {
        await File.WriteAllBytesAsync(_folder["a.lock"], [0xff, 0xfe, 0x00, 0xd8, 0x01]);

        await RefuseAsync(_folder["a.lock"], "neither an assembly, a package nor a lock");
    }

    [Fact]
    public async Task Xml_documentation_with_a_document_type_is_ignored()
    {
        File.Copy(WorkingFolder.Assembly, _folder["a.dll"]);
        _folder.Write(
            "a.xml",
            "<!DOCTYPE doc [<!ENTITY a \"aaaaaaaaaa\">]><doc><members>"
                + "<member name=\"T:TunnelRpc.Diagnostics.IProbe\"><summary>&a;</summary></member></members></doc>");

        CommandResult result = await CommandResult.RunAsync("contract", "export", _folder["a.dll"]);

        result.ExitCode.ShouldBe(0, result.Error);
        result.Output.ShouldNotContain("aaaaaaaaaa");
    }

    private static async Task<CommandResult> RefuseAsync(string path, string expected)
    {
        CommandResult result = await CommandResult.RunAsync("contract", "export", path);

        result.ExitCode.ShouldBe(2, result.Output + result.Error);
        result.Error.ShouldContain(expected);
        Encoding.UTF8.GetByteCount(result.Error).ShouldBeLessThan(2_000);
        return result;
    }
}
