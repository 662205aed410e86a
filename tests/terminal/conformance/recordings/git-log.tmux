|  1 file changed, 7 insertions(+)
* a180d4e Änderung 6: 変更
|  file6.txt | 6 ++++++
|  1 file changed, 6 insertions(+)
* 1ede71a Änderung 5: 変更
|  file5.txt | 5 +++++
|  1 file changed, 5 insertions(+)
* 1d89226 Änderung 4: 変更
|  file4.txt | 4 ++++
|  1 file changed, 4 insertions(+)
* eaff0bb Änderung 3: 変更
|  file3.txt | 3 +++
|  1 file changed, 3 insertions(+)
* c7ee823 Änderung 2: 変更
|  file2.txt | 2 ++
|  1 file changed, 2 insertions(+)
* 946a0d7 Änderung 1: 変更
|  file1.txt | 1 +
|  1 file changed, 1 insertion(+)
* a6a69fa Änderung 0: 変更
   file0.txt |  0
   text.txt  | 79 +++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++
   2 files changed, 79 insertions(+)
(END)
