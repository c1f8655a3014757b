using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace TunnelRpc.Tests.Architecture;

/// <summary>Each package has a page, and what users copy references the packages' own version.</summary>
public sealed partial class PackageTests
{
    private static readonly string Templates = Path.Combine(Repository.Root, "src", "Tools", "TunnelRpc.Templates", "content");

    /// <summary>The projects that users get: those of the template, and those of docs/getting-started.md.</summary>
    private static IEnumerable<(string File, string Text)> ProjectsOfUsers =>
        Directory.EnumerateFiles(Templates, "*.csproj", SearchOption.AllDirectories)
            .Append(Path.Combine(Repository.Root, "docs", "getting-started.md"))
            .Select(file => (Path.GetRelativePath(Repository.Root, file), File.ReadAllText(file)));

    [Fact]
    public void Every_package_has_a_page()
    {
        string[] withoutPage =
        [
            .. Repository.Sources(".csproj")
                .Where(project => !project.Contains("TunnelRpc.Generators", StringComparison.Ordinal))
                .Where(project => !File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "README.md"))),
        ];

        withoutPage.ShouldBeEmpty();
    }

    [Fact]
    public void Projects_of_users_reference_the_versions_of_this_repository()
    {
        Dictionary<string, string> versions = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props"))
            .Descendants("PackageVersion").ToDictionary(p => (string)p.Attribute("Include")!, p => (string)p.Attribute("Version")!);
        string own = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props")).Descendants("Version").Single().Value;
        (string File, Match Reference)[] references =
            [.. ProjectsOfUsers.SelectMany(project => PackageReference().Matches(project.Text).Select(match => (project.File, match)))];

        string[] wrong =
        [
            .. from reference in references
               let package = reference.Reference.Groups[1].Value
               let version = reference.Reference.Groups[2].Value
               let expected = package.StartsWith("TunnelRpc.", StringComparison.Ordinal) ? own : versions.GetValueOrDefault(package)
               where version != expected
               select $"{reference.File}: expected version {expected} of {package}, got {version}",
        ];

        wrong.ShouldBeEmpty();
        references.Length.ShouldBeGreaterThanOrEqualTo(14);
    }

    [GeneratedRegex("""<PackageReference Include="([\w.]+)" Version="([^"]+)" />""")]
    private static partial Regex PackageReference();
}
